// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build;

public enum BuildStage
{
    Package,
    Sources,
    BuildDependencies,
    OldBuild,
    SourcePatch,
    NewBuild,
    Comparing,
    Matching,
    Done,
}

/// <summary>What a build does now, for a progress display.</summary>
/// <param name="Text">A short phrase: "compiling memcached 1.6.18-1 as it is installed".</param>
/// <param name="LogFile">The log that the stage writes; null where it writes none.</param>
public sealed record BuildEvent(BuildStage Stage, string Text, string? LogFile = null)
{
    /// <summary>The source file that is compiled now, as the build names it; null where the event is about something else.</summary>
    public string? Unit { get; init; }

    /// <summary>How many units this build has begun, with <see cref="Unit"/>.</summary>
    public int Count { get; init; }
}
