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
public sealed record BuildEvent(BuildStage Stage, string Text, string? LogFile = null);
