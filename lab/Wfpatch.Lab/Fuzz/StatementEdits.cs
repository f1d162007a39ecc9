// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>Changes within a function's body.</summary>
internal static partial class StatementEdits
{
    // Within a group each operator may stand for the other, whatever its operands are (pointers too). "<" of two objects' addresses would say where they lie.
    private static readonly ImmutableArray<ImmutableArray<string>> Operators = [["==", "!="], ["<", ">", "<=", ">="], ["&&", "||"], ["^", "|", "&"], ["+=", "-=", "^=", "|="]];

    internal static ImmutableArray<Edit> All { get; } =
    [
        new("constant", 14, (p, _, c) => InLine(p, c, l => !l.Contains("for (", StringComparison.Ordinal), l => ChangeMatch(l, Constants(l), c, m => NewConstant(m, c)))),
        new("constant of a spice", 12, (p, _, c) => InLine(p, c, l => l.Contains("wf_", StringComparison.Ordinal), l => ChangeMatch(l, Constants(l), c, m => NewConstant(m, c)), withHelpers: true)),
        new("string", 3, (p, _, c) => InLine(p, c, l => l.Contains('"'), l => ChangeMatch(l, [.. Text().Matches(l).Cast<Match>()], c, _ => $"t{c.Next(100)}"), withHelpers: true)),
        new("operator", 10, (p, _, c) => InLine(p, c, l => !l.Contains("for (", StringComparison.Ordinal), l => ChangeMatch(l, [.. Operator().Matches(l).Cast<Match>()], c, m => NewOperator(m, c)))),
        new("arithmetic", 6, (p, _, c) => InLine(p, c, _ => true, l => ChangeMatch(l, [.. Arithmetic().Matches(l).Cast<Match>()], c, _ => c.Pick(["add", "sub", "mul"])))),
        new("condition", 5, (p, _, c) => InLine(p, c, l => Condition().IsMatch(l), l => Condition().Replace(l, "$1if (!($2))"))),
        new("statement removed", 10, (p, _, c) => AtStatement(p, c, _ => true, (f, at) => f with { Lines = f.Lines.RemoveAt(at) })),
        new("statement duplicated", 5, (p, _, c) => AtStatement(p, c, l => !l.Contains("static", StringComparison.Ordinal), (f, at) => f.Insert(at, f.Lines[at]))),
        new("statements swapped", 6, (p, _, c) => AtStatement(p, c, _ => true, (f, at) =>
            f.Statements.Contains(at + 1) ? f with { Lines = f.Lines.SetItem(at, f.Lines[at + 1]).SetItem(at + 1, f.Lines[at]) } : null)),
        new("statement guarded", 3, (p, _, c) => AtStatement(p, c, _ => true, (f, at) => f.With(at, $"    if (wf_mix & {1 << c.Next(8)}) {{ {f.Lines[at].Trim()} }}"))),
        new("empty line", 2, (p, _, c) => AtStatement(p, c, _ => true, (f, at) => f.Insert(at, ""))),
        new("early return", 2, (p, _, c) => AtStatement(p, c, _ => true, (f, at) =>
            f.Lines.LastOrDefault(l => l.StartsWith("    return ", StringComparison.Ordinal)) is { } end ? f.Insert(at, $"    if ((wf_mix & 0x{c.Next(16):X}) == {c.Next(4)}) {{ {end.Trim()} }}") : null)),
    ];

    /// <summary>A place for a line of code in a function of csmith, and what becomes of the function there.</summary>
    internal static CProgram? AtStatement(CProgram program, Chance chance, Func<string, bool> isMeant, Func<CItem, int, CItem?> change)
    {
        (CItem Function, int At)[] places = [.. program.Bodies.SelectMany(f => f.Statements.Where(s => isMeant(f.Lines[s])).Select(s => (f, s)))];
        if (places.Length == 0)
        {
            return null;
        }
        var (function, at) = chance.Pick(places);
        return change(function, at) is { } changed ? program.Replace(function, changed) : null;
    }

    private static CProgram? InLine(CProgram program, Chance chance, Func<string, bool> isMeant, Func<string, string?> change, bool withHelpers = false)
    {
        (CItem Item, int At)[] lines =
        [
            .. program.Functions.SelectMany(f => Enumerable.Range(2, f.Lines.Length - 2).Where(n => isMeant(f.Lines[n])).Select(n => (f, n))),
            .. program.Of(ItemKind.Main).SelectMany(m => m.Statements.Where(n => isMeant(m.Lines[n])).Select(n => (m, n))),
            .. program.Of(ItemKind.Helper).Where(h => withHelpers && isMeant(h.Lines[0])).Select(h => (h, 0)),
        ];
        if (lines.Length == 0)
        {
            return null;
        }
        var (item, at) = chance.Pick(lines);
        return change(item.Lines[at]) is { } changed ? program.Replace(item, item.With(at, changed)) : null;
    }

    private static string? ChangeMatch(string line, Match[] matches, Chance chance, Func<string, string> change)
    {
        if (matches.Length == 0)
        {
            return null;
        }
        var match = chance.Pick(matches);
        return string.Concat(line.AsSpan(0, match.Index), change(match.Value), line.AsSpan(match.Index + match.Length));
    }

    // Not those of array indexes and of "(void*)0".
    private static Match[] Constants(string line) =>
        [.. Constant().Matches(line).Where(m => line.AsSpan(0, m.Index).Count('[') == line.AsSpan(0, m.Index).Count(']') && !line.AsSpan(0, m.Index).EndsWith("*)"))];

    private static string NewConstant(string old, Chance chance)
    {
        string suffix = old[old.TrimEnd('u', 'U', 'L').Length..];
        return chance.Next(4) switch { 0 => $"{chance.Next(4)}{suffix}", 1 => $"0x{chance.Next(0x7f):X}{suffix}", 2 => $"0x{chance.Next(0x7fffffff):X}{suffix}", _ => $"{chance.Next(200)}{suffix}" };
    }

    private static string NewOperator(string old, Chance chance)
    {
        var group = Operators.First(g => g.Contains(old.Trim()));
        return $" {chance.Pick(group)} ";
    }

    [GeneratedRegex(@"(?<![\w.""%])(0x[0-9A-Fa-f]+|\d+)[uU]?L{0,2}(?![\w.""])")]
    private static partial Regex Constant();

    [GeneratedRegex(@" (==|!=|<=|>=|<|>|&&|\|\||\^|&|\||\+=|-=|\^=|\|=) ")]
    private static partial Regex Operator();

    [GeneratedRegex(@"(?<=\bsafe_)(add|sub|mul)(?=_func_)")]
    private static partial Regex Arithmetic();

    [GeneratedRegex(@"^(\s*)if \((.*)\)$")]
    private static partial Regex Condition();

    [GeneratedRegex(@"(?<="")[a-z0-9]+(?="")")]
    private static partial Regex Text();
}
