// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Matching;

/// <summary>A symbol's name as object files have it: NAME, or NAME@VERSION and NAME@@VERSION where the source says .symver (GNU as manual).</summary>
/// <param name="Version">Null: none is said.</param>
internal readonly record struct VersionedName(string Name, string? Version)
{
    public static VersionedName Of(string symbol) => symbol.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
        ? new(symbol[..at], symbol[at..].TrimStart('@'))
        : new(symbol, null);

    /// <summary>Whether a symbol of the running program can be meant: one that says no version means whichever is there.</summary>
    public bool MayBe(string name, string? version) => name == Name && (Version is null || version is null || version == Version);
}
