// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>Changes of functions as a whole: what they are called with, how they are compiled, what they call.</summary>
internal static partial class FunctionEdits
{
    private static readonly ImmutableArray<string> Attributes = ["__attribute__((noinline)) ", "__attribute__((cold)) ", "inline ", "__attribute__((hot)) "];

    internal static ImmutableArray<Edit> All { get; } =
    [
        new("spice added", 16, (p, isCarried, c) => Spice.Add(p, isCarried, c)),
        new("spice removed", 5, (p, _, c) => StatementEdits.AtStatement(p, c, l => l.Contains("wf_", StringComparison.Ordinal), (f, at) => f with { Lines = f.Lines.RemoveAt(at) })),
        new("inlining", 6, (p, _, c) => OfFunction(p, c, (program, f) => ToggleAttribute(program, f, c.Pick(Attributes)))),
        new("became global", 2, (p, _, c) => OfFunction(p, c, (program, f) => Redeclare(program, f, l => l.Replace("static ", "", StringComparison.Ordinal).Replace("inline ", "", StringComparison.Ordinal)))),
        new("parameter widened", 4, (p, _, c) => OfFunction(p, c, (program, f) => Widen(program, f, c))),
        new("parameter added", 4, (p, _, c) => OfFunction(p, c, (program, f) => AddParameter(program, f, c))),
        new("callee", 5, ChangeCallee),
        new("functions reordered", 3, (p, _, c) => OfFunction(p, c, (program, f) => Reorder(program, f, c))),
        new("function renamed", 1, (p, _, c) => OfFunction(p, c, (program, f) => program.MapCode(l => Word(f.Name).Replace(l, f.Name + "00")))),
        new("function wrapped", 3, (p, _, c) => OfFunction(p, c, (program, f) => Wrap(program, f, c))),
    ];

    /// <summary>Declares a function in another way, where it is declared and where it is defined.</summary>
    internal static CProgram Redeclare(CProgram program, CItem function, Func<string, string> change) => new(
        [.. program.Items.Select(i => i.Name == function.Name && i.Kind is ItemKind.Forward or ItemKind.Function ? i.With(0, change(i.Lines[0])) : i)]);

    private static CProgram? OfFunction(CProgram program, Chance chance, Func<CProgram, CItem, CProgram?> change) =>
        program.Functions.Any() ? change(program, chance.Pick<CItem>([.. program.Functions])) : null;

    private static CProgram ToggleAttribute(CProgram program, CItem function, string attribute) =>
        Redeclare(program, function, l => l.Contains(attribute, StringComparison.Ordinal) ? l.Replace(attribute, "", StringComparison.Ordinal)
            : l.StartsWith("static ", StringComparison.Ordinal) ? l.Insert("static ".Length, attribute) : l);

    private static CProgram? Widen(CProgram program, CItem function, Chance chance)
    {
        Match[] narrow = [.. NarrowParameter().Matches(function.Lines[0]).Where(m => !function.Text.Contains($"&{m.Groups[3].Value}", StringComparison.Ordinal))];
        if (narrow.Length == 0)
        {
            return null;
        }
        var match = chance.Pick(narrow);
        return Redeclare(program, function, l => l.Replace($"{match.Groups[1].Value}  {match.Groups[3].Value}", $"int64_t  {match.Groups[3].Value}", StringComparison.Ordinal));
    }

    private static CProgram AddParameter(CProgram program, CItem function, Chance chance)
    {
        string argument = chance.Percent(50) ? "wf_mix" : $"{chance.Next(1000)}u";
        var called = program.MapCode(l => AddArgument(l, function.Name, argument));
        var item = called.Functions.Single(f => f.Name == function.Name);
        // The declarations hold a call's text now: their last argument is made a parameter.
        var declared = Redeclare(called, item, l => Regex.Replace(l, $@"(void|, )?{Regex.Escape(argument)}\)", m => m.Groups[1].Value == ", " ? ", uint32_t wf_extra)" : "uint32_t wf_extra)"));
        item = declared.Functions.Single(f => f.Name == function.Name);
        return declared.Replace(item, item.Insert(item.FirstStatement, $"    wf_mix += wf_extra * {1 + chance.Next(9)};"));
    }

    // One more argument for each call of a function in a line; "(void)" becomes "(ARGUMENT)" too.
    private static string AddArgument(string line, string function, string argument)
    {
        foreach (var call in Regex.Matches(line, $@"\b{function}\(").Reverse())
        {
            int open = call.Index + call.Length, end = open, depth = 1;
            while (end < line.Length && (depth += line[end] switch { '(' => 1, ')' => -1, _ => 0 }) > 0)
            {
                end++;
            }
            string inner = line[open..end];
            line = string.Concat(line.AsSpan(0, open), inner is "" or "void" ? argument : $"{inner}, {argument}", line.AsSpan(end));
        }
        return line;
    }

    // Functions of spices that take and give one number stand for each other.
    private static CProgram? ChangeCallee(CProgram program, bool isCarried, Chance chance)
    {
        string[] names = [.. program.Of(ItemKind.Helper).Where(h => OneNumber().IsMatch(h.Lines[0])).Select(h => h.Name)];
        if (names.Length < 2)
        {
            return null;
        }
        string from = chance.Pick(names), to = chance.Pick(names);
        return new([.. program.Items.Select(i => i.Kind is ItemKind.Function or ItemKind.Main ? i with { Lines = [.. i.Lines.Select(l => Word(from).Replace(l, to))] } : i)]);
    }

    private static CProgram? Reorder(CProgram program, CItem function, Chance chance)
    {
        var other = chance.Pick<CItem>([.. program.Functions]);
        return other == function ? null : new([.. program.Items.Select(i => i == function ? other : i == other ? function : i)]);
    }

    // Its body goes to a new function, which it calls.
    private static CProgram? Wrap(CProgram program, CItem function, Chance chance)
    {
        string inner = $"wf_inner_{chance.Next(100_000)}";
        string head = Word(function.Name).Replace(function.Lines[0], inner);
        if (!head.StartsWith("static ", StringComparison.Ordinal))
        {
            head = "static " + head;
        }
        string arguments = string.Join(", ", Parameter().Matches(function.Lines[0]).Select(m => m.Value));
        var outer = function with { Lines = [function.Lines[0], "{ ", $"    return {inner}({arguments});", "}"] };
        var moved = function with { Name = inner, Kind = ItemKind.Helper, Lines = function.Lines.SetItem(0, head) };
        int at = program.Items.IndexOf(function);
        return new(program.Items.SetItem(at, outer).Insert(at, moved));
    }

    private static Regex Word(string name) => new($@"\b{name}\b");

    [GeneratedRegex(@"\b(u?int(8|16|32)_t)  (p_\d+)")]
    private static partial Regex NarrowParameter();

    [GeneratedRegex(@"\b(p_\d+|wf_extra)(?=[,)])")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"uint32_t wf_[a-z]+_\d+\(uint32_t x\)")]
    private static partial Regex OneNumber();
}
