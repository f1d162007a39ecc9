// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>What became of one patch of a package's debian/patches.</summary>
/// <param name="Package">The source package.</param>
/// <param name="Patch">Its name in debian/patches/series.</param>
/// <param name="Programs">File names of the programs and libraries that a patch file was built for.</param>
/// <param name="Functions">How many of their functions the patch file replaces.</param>
/// <param name="Forgotten">Functions whose bytes differ between the two builds and that the patch file does not have: it is wrong.</param>
public sealed record SeriesFix(
    string Package, string Version, string Patch, SeriesOutcome Outcome, ImmutableArray<string> Programs, int Functions,
    ImmutableArray<Refusal> Refusals, ImmutableArray<string> Forgotten)
{
    // Codes of DiffRefusals that tell of variables, types and start-up functions.
    private static readonly ImmutableHashSet<string> AboutData =
        ["WF204", "WF205", "WF206", "WF207", "WF208", "WF209", "WF217", "WF218", "WF224", "WF229", "WF230", "WF231"];

    /// <summary>Whether it is about the program that is built and changes code alone, as far as refusals tell.</summary>
    public bool IsCodeOnly => Outcome is SeriesOutcome.Built or SeriesOutcome.Wrong
        || (Outcome == SeriesOutcome.Refused && !Refusals.Any(r => AboutData.Contains(r.Code)));
}

public enum SeriesOutcome
{
    /// <summary>A patch file came out, and it fits the program without the fix.</summary>
    Built,

    /// <summary>It is refused; the refusals say why.</summary>
    Refused,

    /// <summary>The package's build does not compile what the fix changes.</summary>
    NotCompiled,

    /// <summary>A later patch of the series changes the same lines, so that it cannot be taken back alone.</summary>
    NotAlone,

    /// <summary>The program without the fix does not build.</summary>
    NotBuilt,

    /// <summary>A patch file came out that lacks a function that differs.</summary>
    Wrong,
}
