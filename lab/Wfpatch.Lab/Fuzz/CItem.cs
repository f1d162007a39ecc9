// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

internal enum ItemKind
{
    /// <summary>Includes, types, empty lines.</summary>
    Other,

    /// <summary>One variable, with its initial value.</summary>
    Global,

    /// <summary>A function or type that a <see cref="Spice"/> brought.</summary>
    Helper,

    /// <summary>The declaration of a function of csmith.</summary>
    Forward,

    /// <summary>A function of csmith.</summary>
    Function,

    /// <summary>What was main.</summary>
    Main,
}

/// <summary>A declaration or definition of a C source, by its lines.</summary>
/// <param name="Name">Of the function, variable or type; empty where it has none.</param>
internal sealed partial record CItem(ItemKind Kind, string Name, ImmutableArray<string> Lines)
{
    internal string Text => string.Join('\n', Lines);

    /// <summary>The lines that are a whole statement of their own, and that another statement may follow: csmith has one on a line.</summary>
    internal ImmutableArray<int> Statements => [.. Enumerable.Range(0, Lines.Length).Where(IsStatement)];

    /// <summary>The line behind the declarations at a function's start; in main, behind the call of the random functions.</summary>
    internal int FirstStatement => Kind == ItemKind.Main
        ? Lines.IndexOf(Lines.First(l => l.Contains("func_1", StringComparison.Ordinal))) + 1
        : Enumerable.Range(2, Lines.Length).First(at => !Declaration().IsMatch(Lines[at])); // behind its head and the brace

    internal CItem With(int line, string text) => this with { Lines = Lines.SetItem(line, text) };

    internal CItem Insert(int line, string text) => this with { Lines = Lines.Insert(line, text) };

    private bool IsStatement(int at) =>
        (Kind == ItemKind.Function || (Kind == ItemKind.Main && Spiced().IsMatch(Lines[at]))) && at > 1 && Simple().IsMatch(Lines[at]) && !Declaration().IsMatch(Lines[at]) && !Head().IsMatch(Lines[at - 1]);

    [GeneratedRegex(@"^\s+(?!return|goto|break|continue|lbl_|for \(|if \(|\})\S.*[;}]$")]
    private static partial Regex Simple();

    // Of main only what spices brought: all else makes the checksum.
    [GeneratedRegex(@"^(?!.*transparent_crc).*\bwf_")]
    private static partial Regex Spiced();

    [GeneratedRegex(@"^\s*(static |const |volatile |register )*(u?int\d+_t|struct|union|int|float|double|unsigned|char)\b")]
    private static partial Regex Declaration();

    // A statement in the next line belongs to it.
    [GeneratedRegex(@"^\s*(if \(.*\)|for \(.*\)|else)$")]
    private static partial Regex Head();
}
