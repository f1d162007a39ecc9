// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>Changes of variables outside of functions. Most of them are to be refused, unless the compiler made code of the variable.</summary>
internal static partial class DeclarationEdits
{
    internal static ImmutableArray<Edit> All { get; } =
    [
        new("initial value", 2, (p, _, c) => OfGlobal(p, c, g => !Constant().IsMatch(g.Lines[0]), g => ChangeValue(g, c))),
        new("constant variable", 4, (p, _, c) => OfGlobal(p, c, g => Constant().IsMatch(g.Lines[0]), g => ChangeValue(g, c))),
        new("variables reordered", 2, Reorder),
        new("variable renamed", 1, (p, _, c) => Pick(p, c, _ => true) is { } g ? p.MapCode(l => Regex.Replace(l, $@"\b{g.Name}\b", g.Name + "00")) : null),
        new("became volatile", 2, (p, _, c) => OfGlobal(p, c, g => Plain().IsMatch(g.Lines[0]), g => g.With(0, Plain().Replace(g.Lines[0], "static volatile $1")))),
    ];

    private static CItem? Pick(CProgram program, Chance chance, Func<CItem, bool> isMeant)
    {
        CItem[] globals = [.. program.Of(ItemKind.Global).Where(isMeant)];
        return globals.Length == 0 ? null : chance.Pick(globals);
    }

    private static CProgram? OfGlobal(CProgram program, Chance chance, Func<CItem, bool> isMeant, Func<CItem, CItem?> change) =>
        Pick(program, chance, isMeant) is { } global && change(global) is { } changed ? program.Replace(global, changed) : null;

    private static CItem? ChangeValue(CItem global, Chance chance)
    {
        Match[] values = [.. Value().Matches(global.Lines[0]).Where(m => m.Index > global.Lines[0].IndexOf('='))];
        if (values.Length == 0)
        {
            return null;
        }
        var value = chance.Pick(values);
        return global.With(0, string.Concat(global.Lines[0].AsSpan(0, value.Index), $"{chance.Next(100)}", global.Lines[0].AsSpan(value.Index + value.Length)));
    }

    private static CProgram? Reorder(CProgram program, bool isCarried, Chance chance)
    {
        CItem[] numbers = [.. program.Of(ItemKind.Global).Where(g => !g.Lines[0].Contains('&'))];
        if (numbers.Length < 2)
        {
            return null;
        }
        var (one, other) = (chance.Pick(numbers), chance.Pick(numbers));
        bool isUsed = program.Of(ItemKind.Global).Any(g => g.Lines[0].Contains('&' + one.Name, StringComparison.Ordinal) || g.Lines[0].Contains('&' + other.Name, StringComparison.Ordinal));
        return isUsed ? null : new([.. program.Items.Select(i => i == one ? other : i == other ? one : i)]);
    }

    [GeneratedRegex(@"^static const (?!volatile)[^*]*=")]
    private static partial Regex Constant();

    [GeneratedRegex(@"^static (u?int\d+_t g_)")]
    private static partial Regex Plain();

    // A number without its suffix; not one of an index.
    [GeneratedRegex(@"(?<![\w\[])(0x[0-9A-F]+|\d+)(?=U?L)")]
    private static partial Regex Value();
}
