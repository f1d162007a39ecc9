// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Generations;

namespace Wfpatch.Live.Controllers;

/// <param name="State">"current", "old" (a transition leads away from it), "new" (a transition leads to it) or "base" (the program as started).</param>
public sealed record GenerationReport(uint Id, string Patch, string PatchName, string State);

public sealed record StatusReport(Outcome Outcome, string Message)
{
    public ImmutableArray<GenerationReport> Generations { get; init; } = [];

    public ImmutableArray<ThreadReport> Threads { get; init; } = [];

    /// <summary>The policy of the open transition; empty where none is open.</summary>
    public string OpenTransition { get; init; } = "";

    /// <summary>What makes the patches in force, or the open transition.</summary>
    public BackendKind Backend { get; init; }

    /// <summary>Of the open transition; local where none is open.</summary>
    public string Consistency { get; init; } = "local";

    /// <summary>Patches that wait for their library to be loaded (again).</summary>
    public ImmutableArray<WaitingPatch> Waiting { get; init; } = [];

    /// <summary>Not 0: the transition is open for so many threads that were asked for, and those that they create.</summary>
    public int Canaries { get; init; }
}
