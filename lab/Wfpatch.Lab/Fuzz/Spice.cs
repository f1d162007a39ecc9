// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Fuzz;

/// <summary>
/// A statement of a kind that csmith does not write: switches, static locals, tables, strings, callbacks, calls into the C library. All compute on
/// one variable, <see cref="Mix"/>, which the program adds to its checksum.
/// </summary>
/// <param name="Write">Gives its text for a number that no other spice of the program has.</param>
internal sealed record Spice(string Name, Func<int, Chance, SpiceText> Write)
{
    /// <summary>The variable; all names that spices bring begin with wf_.</summary>
    internal const string Mix = "wf_mix";

    /// <summary>A static local variable, which outlives requests. In front of its number.</summary>
    internal const string Own = "wf_own_";

    internal static ImmutableArray<Spice> All { get; } =
    [
        new("switch", (_, c) => new($"switch (wf_mix & 7) {{ case 0: wf_mix += {K(c)}; break; case 1: wf_mix ^= {K(c)}; break; case 2: wf_mix *= {K(c)}; break; case 3: wf_mix -= {K(c)}; break; case 4: wf_mix |= {K(c)}; break; default: wf_mix += 3; }}")),
        new("switch of values", (n, c) => new($"wf_mix ^= wf_pick_{n}(wf_mix);", $"static uint32_t wf_pick_{n}(uint32_t x) {{ switch (x & 15) {{ {string.Join(' ', Enumerable.Range(0, 9).Select(i => $"case {i}: return {K(c)};"))} }} return {K(c)}; }}")),
        new("static local", (n, c) => new($"{{ static uint32_t {Own}{n} = {K(c)}; {Own}{n} += wf_mix & 3; wf_mix ^= {Own}{n}; }}")),
        new("static local of a helper", (n, c) => new($"wf_mix += wf_count_{n}(wf_mix);", $"static uint32_t wf_count_{n}(uint32_t x) {{ static uint32_t {Own}{n} = {K(c)}; return {Own}{n} += x & 1; }}")),
        new("static zero", (n, c) => new($"{{ static uint32_t {Own}{n} = 0; wf_mix += {Own}{n}++ * {K(c)}; }}")),
        new("constant table", (_, c) => new($"{{ static const uint32_t table[8] = {{ {Ks(c, 8)} }}; wf_mix += table[wf_mix & 7]; }}")),
        new("table of functions", (n, c) => new(
            $"{{ static uint32_t (*const table[2])(uint32_t) = {{ wf_left_{n}, wf_right_{n} }}; wf_mix = table[wf_mix & 1](wf_mix); }}",
            $"static uint32_t wf_left_{n}(uint32_t x) {{ return x * 3 + {K(c)}; }}", $"static uint32_t wf_right_{n}(uint32_t x) {{ return (x ^ {K(c)}) + 5; }}")),
        new("string", (n, c) => new($"for (const char *s = \"text {n} {c.Next(1000)}\"; *s; s++) wf_mix = wf_mix * 33 + (uint8_t)*s;")),
        new("strings", (n, c) => new($"wf_mix += (uint8_t)wf_word_{n}(wf_mix)[0];", $"static const char *wf_word_{n}(uint32_t x) {{ static const char *const words[] = {{ \"{c.Next(99)}\", \"b{c.Next(99)}\", \"c\", \"b{c.Next(9)}\" }}; return words[x & 3]; }}")),
        new("double", (_, c) => new($"wf_mix += (uint32_t)((double)(wf_mix & 0xffff) * {c.Next(9)}.{c.Next(9)}5);")),
        new("computed goto", (n, c) => new($"{{ static const void *const to[] = {{ &&wf_x_{n}, &&wf_y_{n} }}; goto *to[wf_mix & 1]; wf_x_{n}: wf_mix += {K(c)}; wf_y_{n}: wf_mix ^= {K(c)}; }}")),
        new("cold path", (n, c) => new($"if (__builtin_expect((wf_mix & 3) == {c.Next(4)}, 0)) {{ wf_cold_{n}(wf_mix); wf_mix ^= {K(c)}; }}", $"static void __attribute__((cold, noinline)) wf_cold_{n}(uint32_t x) {{ wf_mix ^= x * {K(c)}; }}")),
        new("constant argument", (n, c) => new($"wf_mix += wf_power_{n}(wf_mix, {1 + c.Next(9)});", $"static __attribute__((noinline)) uint32_t wf_power_{n}(uint32_t x, uint32_t n) {{ uint32_t r = {K(c)}; for (uint32_t i = 0; i < n; i++) r = r * x + i; return r; }}")),
        new("recursion", (n, c) => new($"wf_mix += wf_deep_{n}(wf_mix & 255);", $"static uint32_t wf_deep_{n}(uint32_t x) {{ return x < 2 ? x + {K(c)} : wf_deep_{n}(x / 2) * 3 + x; }}")),
        new("structure", (n, c) => new(
            $"{{ struct wf_large_{n} v = wf_make_{n}(wf_mix); wf_mix ^= (uint32_t)(v.a + v.c); }}", $"struct wf_large_{n} {{ uint64_t a, b, c; }};",
            $"static struct wf_large_{n} wf_make_{n}(uint32_t x) {{ struct wf_large_{n} v = {{ x, {K(c)}, x ^ {K(c)} }}; return v; }}")),
        new("printed", (_, c) => new($"{{ char text[32]; snprintf(text, sizeof text, \"%u:{c.Next(99)}\", wf_mix & 255); wf_mix += (uint8_t)text[2]; }}")),
        new("callback", (n, c) => new(
            $"{{ uint32_t v[4] = {{ wf_mix, {K(c)}, {K(c)}, 7 }}; qsort(v, 4, sizeof v[0], wf_order_{n}); wf_mix += v[1]; }}",
            $"static int wf_order_{n}(const void *a, const void *b) {{ uint32_t x = *(const uint32_t *)a ^ {K(c)}, y = *(const uint32_t *)b ^ {K(c)}; return (x > y) - (x < y); }}")),
        new("variable arguments", (n, c) => new(
            $"wf_mix += wf_sum_{n}(2, wf_mix, {K(c)});",
            $"static uint32_t wf_sum_{n}(int count, ...) {{ va_list l; uint32_t r = {K(c)}; va_start(l, count); while (count-- > 0) r = r * 5 + va_arg(l, uint32_t); va_end(l); return r; }}")),
        new("variable array", (_, c) => new($"{{ uint8_t v[(wf_mix & 15) + 1]; memset(v, {c.Next(255)}, sizeof v); wf_mix += v[wf_mix & 0]; }}")),
        new("line", (_, _) => new("wf_mix += __LINE__;")),
        new("name", (_, c) => new($"wf_mix += (uint8_t)__func__[{c.Next(5)}];")),
        new("128 bits", (_, c) => new($"wf_mix += (uint32_t)(((unsigned __int128)wf_mix * {K(c)} * {K(c)}) >> 64);")),
        new("vector", (_, c) => new($"{{ typedef uint32_t four __attribute__((vector_size(16))); four v = {{ {Ks(c, 4)} }}; v += wf_mix; wf_mix ^= v[1] + v[3]; }}")),
        new("volatile", (_, c) => new($"{{ volatile uint32_t seen = wf_mix; wf_mix += seen & {K(c)}; }}")),
        new("variable", (n, c) => new($"wf_kept_{n} += wf_mix & {K(c)}; wf_mix ^= wf_kept_{n};") { Globals = [$"static uint32_t wf_kept_{n} = {K(c)};"] }),
        new("shared variable", (n, c) => new($"wf_zero_{n}[wf_mix & 3] += {K(c)}; wf_mix += wf_zero_{n}[1];") { Globals = [$"uint32_t wf_zero_{n}[4];"] }),
        new("global function", (n, c) => new($"wf_mix = wf_visible_{n}(wf_mix);", $"uint32_t wf_visible_{n}(uint32_t x) {{ return x * {K(c)} + 1; }}")),
        new("library", (_, c) => new($"{{ char v[16] = \"{c.Next(9999)}\"; wf_mix += (uint32_t)strtoul(v, 0, 8) + (uint32_t)strlen(v); }}")),
    ];

    /// <summary>Thread-local variables, which nothing puts back between requests.</summary>
    internal static Spice ThreadLocal { get; } = new("thread-local", (n, c) => new($"{{ static __thread uint32_t {Own}{n} = {K(c)}; {Own}{n} += wf_mix & 1; wf_mix ^= {Own}{n}; }}"));

    /// <summary>Writes one spice into a function of the program.</summary>
    internal static CProgram Add(CProgram program, bool isCarried, Chance chance)
    {
        var spice = isCarried && chance.Percent(4) ? ThreadLocal : chance.Pick(All);
        // What main does is done in each request.
        var function = chance.Percent(40) ? program.Of(ItemKind.Main).Single() : chance.Pick<CItem>([.. program.Functions]);
        var text = spice.Write(100 + chance.Next(100_000), chance);
        ImmutableArray<int> statements = function.Statements;
        int at = statements.IsEmpty || chance.Percent(50) ? function.FirstStatement : chance.Pick(statements) + 1;
        return program.Replace(function, function.Insert(at, "    " + text.Statement)).Add(text.Items);
    }

    private static string K(Chance chance) => $"0x{1 + chance.Next(0xfffff):X}u";

    private static string Ks(Chance chance, int count) => string.Join(", ", Enumerable.Range(0, count).Select(_ => K(chance)));
}
