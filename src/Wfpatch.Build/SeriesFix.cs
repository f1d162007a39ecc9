// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>What became of one patch of a package's debian/patches.</summary>
/// <param name="Package">The source package.</param>
/// <param name="Patch">Its name in debian/patches/series.</param>
public sealed record SeriesFix(string Package, string Version, string Patch, SeriesOutcome Outcome)
{
    // Codes that tell of variables, types and start-up functions.
    private static readonly ImmutableHashSet<string> AboutData =
        ["WF204", "WF205", "WF206", "WF207", "WF208", "WF209", "WF217", "WF218", "WF224", "WF229", "WF230", "WF231"];

    /// <summary>Later patches of the series are taken back on both sides: it cannot be taken back alone, or the rest does not build without it.</summary>
    public bool IsBelowLater { get; init; }

    /// <summary>File names of the programs and libraries that a patch file was built for.</summary>
    public ImmutableArray<string> Programs { get; init; } = [];

    /// <summary>How many of their functions the patch file replaces.</summary>
    public int Functions { get; init; }

    /// <summary>Variables that the fix adds.</summary>
    public ImmutableArray<string> Variables { get; init; } = [];

    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    /// <summary>Functions that differ between the two builds and that the patch file does not have: it is wrong.</summary>
    public ImmutableArray<string> Forgotten { get; init; } = [];

    /// <summary>How many units were compiled with and without the fix; 0 where the whole package was built.</summary>
    public int Units { get; init; }

    /// <summary>How the shipped program was asked, in words; empty where it was not.</summary>
    public string Shipped { get; init; } = "";

    /// <summary>The bytes of a patch file that takes the fix out of the program with it; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Backward { get; init; }

    public bool IsCompiled => Outcome is SeriesOutcome.Built or SeriesOutcome.Refused or SeriesOutcome.Wrong;

    /// <summary>Whether it is compiled and changes code alone, as far as the patch file and refusals tell.</summary>
    public bool IsCodeOnly => IsCompiled && Variables.IsEmpty && !Refusals.Any(r => AboutData.Contains(r.Code));
}

public enum SeriesOutcome
{
    /// <summary>A patch file came out, and it fits the program without the fix.</summary>
    Built,

    /// <summary>It is refused; the refusals say why.</summary>
    Refused,

    /// <summary>The package's build compiles the same code with and without the fix.</summary>
    NotCompiled,

    /// <summary>The program without the fix does not build.</summary>
    NotBuilt,

    /// <summary>A patch file came out that lacks a function that differs.</summary>
    Wrong,
}
