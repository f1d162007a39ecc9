// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Objects;

/// <summary>The names that GCC makes: clones and parts of functions (foo.part.0, foo.cold), static locals (name.1234), switch tables (CSWTCH.5).
/// Their numbers count within one compilation and mean nothing across two.</summary>
internal static class SymbolNames
{
    private const string ColdSuffix = ".cold";

    private static readonly string[] CloneSuffixes = ["part", "isra", "constprop", "cold", "lto_priv", "localalias", "simdclone"];

    /// <summary>The name without its numbers: foo.part.0.cold gives foo.part.cold.</summary>
    public static string WithoutNumbers(string name) =>
        HasNumber(name) ? string.Join('.', name.Split('.').Where((part, i) => i == 0 || !IsNumber(part))) : name;

    public static bool HasNumber(string name) => name.Split('.').Skip(1).Any(IsNumber);

    /// <summary>The source's function: foo.part.0.cold gives foo.</summary>
    public static string SourceFunction(string name)
    {
        string[] parts = name.Split('.');
        int end = Array.FindIndex(parts, 1, p => CloneSuffixes.Contains(p) || IsNumber(p));
        return end < 0 ? name : string.Join('.', parts[..end]);
    }

    /// <summary>foo.cold or foo.cold.7 gives foo; null for what is no part.</summary>
    public static string? ParentOfPart(string name)
    {
        int at = name.LastIndexOf(ColdSuffix, StringComparison.Ordinal);
        if (at <= 0)
        {
            return null;
        }
        string rest = name[(at + ColdSuffix.Length)..];
        return rest.Length == 0 || (rest[0] == '.' && IsNumber(rest[1..])) ? name[..at] : null;
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
