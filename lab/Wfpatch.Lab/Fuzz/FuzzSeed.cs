// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>What a seed stands for: a program, how it is built, and an edit. Seeds in a row share a program, since that is dear to make.</summary>
internal readonly record struct FuzzSeed(long Value)
{
    internal const int EditsOfProgram = 4;

    private const ulong ForPrograms = 0x5072_6f67, ForEdits = 0x4564_6974_0000;

    internal long Program => Value / EditsOfProgram;

    internal Chance ForEdit() => new(ForEdits + (ulong)Value);

    internal Chance ForProgram() => new(ForPrograms + (ulong)Program);

    public override string ToString() => $"{Value}";
}

/// <summary>A program and how it is built.</summary>
/// <param name="IsCarried">Its variables keep their values from request to request; such a program has no pointers, which might lead to
/// locals of the request before. Else the host puts all variables back before each request.</param>
/// <param name="IsApart">The program that runs is compiled without a section for each function, as distributions do.</param>
internal sealed record FuzzProgram(CProgram Source, CaseBuild Build, bool IsCarried, bool IsApart)
{
    private const int FewestFunctions = 3, FewestStatements = 8, MostLines = 400;

    private static readonly ImmutableArray<string> Small =
        ["--max-funcs", "5", "--max-block-size", "3", "--max-block-depth", "3", "--max-expr-complexity", "4", "--max-array-dim", "2", "--max-array-len-per-dim", "5"];

    private static readonly ImmutableArray<string> Included = ["stdio", "stdlib", "string", "stdarg"];

    internal string Describe => $"{Build.Name}, variables {(IsCarried ? "kept" : "put back")}{(IsApart ? ", compiled apart" : "")}";

    internal static async Task<FuzzProgram> MakeAsync(FuzzSeed seed, CancellationToken cancel)
    {
        var chance = seed.ForProgram();
        var build = chance.Pick(CaseBuilds.All);
        // Without debug information nothing tells that a compiler left a variable out, whose value new code would miss.
        bool hasDebug = !build.Flags.Contains("-g0") && !build.Flags.Contains("-gsplit-dwarf");
        bool isCarried = chance.Percent(50) && hasDebug, isApart = chance.Percent(50);
        ImmutableArray<string> options =
        [
            .. Small, .. isCarried ? ["--no-pointers"] : Array.Empty<string>(), .. !isCarried && chance.Percent(30) ? ["--float"] : Array.Empty<string>(),
            .. chance.Percent(25) ? ["--inline-function"] : Array.Empty<string>(), .. chance.Percent(30) ? ["--no-volatiles"] : Array.Empty<string>(),
        ];
        CProgram source;
        do
        {
            source = await Csmith.GenerateAsync((uint)(1 + chance.Next(int.MaxValue)), options, cancel);
        }
        while (!IsUseful(source));
        return new FuzzProgram(Prepare(source, isCarried, chance), build, isCarried, isApart);
    }

    // Csmith writes programs of one line, and some that compile for many seconds.
    private static bool IsUseful(CProgram program) =>
        program.Functions.Count() >= FewestFunctions && program.Functions.Sum(f => f.Lines.Length) <= MostLines && program.Functions.Sum(f => f.Statements.Length) >= FewestStatements;

    // Csmith's functions are all static and called from few places: compilers would inline nearly all.
    private static CProgram Prepare(CProgram program, bool isCarried, Chance chance)
    {
        CItem[] includes = [.. Included.Select(h => new CItem(ItemKind.Other, "", [$"#include <{h}.h>"]))];
        var main = program.Of(ItemKind.Main).Single();
        int end = main.Lines.IndexOf(main.Lines.First(l => l.Contains("platform_main_end", StringComparison.Ordinal)));
        program = new CProgram([.. includes, .. program.Replace(main, main.Insert(end, $"    transparent_crc({Spice.Mix}, \"{Spice.Mix}\", print_hash_value);")).Items]);
        program = program.Add([new CItem(ItemKind.Global, Spice.Mix, [$"static uint32_t {Spice.Mix} = 0x1234567u;"])]);
        foreach (string name in program.Functions.Select(f => f.Name).ToArray())
        {
            if (chance.Percent(50))
            {
                program = FunctionEdits.Redeclare(program, Find(program, name), l => l.Replace("static ", "static __attribute__((noinline)) ", StringComparison.Ordinal));
            }
            if (chance.Percent(30))
            {
                program = FunctionEdits.Redeclare(program, Find(program, name), l => l.Replace("static ", "", StringComparison.Ordinal).Replace("inline ", "", StringComparison.Ordinal));
            }
        }
        for (int spices = 2 + chance.Next(7); spices > 0; spices--)
        {
            program = Spice.Add(program, isCarried, chance);
        }
        return program;
    }

    private static CItem Find(CProgram program, string name) => program.Functions.Single(f => f.Name == name);
}
