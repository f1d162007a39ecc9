// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Live.Controllers;

public enum Outcome
{
    Done,
    Refused,
    Pending,
    Gone,
    Denied,

    /// <summary>As many threads as wanted are in the new generation; the others stay until advance or revert.</summary>
    Canary,
}

/// <param name="Tactic">How its entry is redirected; empty where it is not redirected now.</param>
/// <param name="Trampoline">Zero where there is none (backend aspace).</param>
public sealed record FunctionReport(string Name, Address Address, string Tactic, Address Trampoline, Address NewCode);

/// <param name="At">When it was seen in the new generation, since arming began; null while pending.</param>
public sealed record ThreadReport(int Id, string Name, uint Generation, MigrationPath Path, TimeSpan? At, Blocker? Blocker);

public sealed record NamedPatch(string Id, string Name);

/// <summary>What a command did to a target.</summary>
/// <param name="Message">One sentence for people; what to do where something is to be done.</param>
public sealed record TransitionReport(Outcome Outcome, string Message)
{
    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    public string PatchId { get; init; } = "";

    public string PatchName { get; init; } = "";

    public TransitionKind Kind { get; init; }

    /// <summary>The patches that go with it; of an apply that is refused: that would.</summary>
    public ImmutableArray<NamedPatch> Replaced { get; init; } = [];

    public uint Generation { get; init; }

    public ImmutableArray<FunctionReport> Functions { get; init; } = [];

    public ImmutableArray<ThreadReport> Threads { get; init; } = [];

    /// <summary>From the first byte that redirects a function to the last; zero where nothing was armed.</summary>
    public TimeSpan ArmTime { get; init; }

    /// <summary>From the first redirected function to the last migrated thread, or to the end of the wait.</summary>
    public TimeSpan TransitionTime { get; init; }

    public int Stops { get; init; }

    /// <summary>From asking for the stop to letting go.</summary>
    public TimeSpan LongestStop { get; init; }

    /// <summary>The same without the wait until the thread stood still.</summary>
    public TimeSpan LongestHeld { get; init; }

    /// <summary>The same of each stop, in their order; of the first thousand.</summary>
    public ImmutableArray<TimeSpan> Held { get; init; } = [];

    /// <summary>Bytes of memory that the target holds more.</summary>
    public long BytesAdded { get; init; }

    public string Policy { get; init; } = "";

    public BackendKind Backend { get; init; }

    public Consistency Consistency { get; init; }

    /// <summary>Each time that threads waited for each other to go over at once, in order.</summary>
    public ImmutableArray<GatheringAttempt> Attempts { get; init; } = [];

    /// <summary>How long a thread waited at most.</summary>
    public TimeSpan LongestWait => Attempts.IsEmpty ? TimeSpan.Zero : Attempts.Max(a => a.Waited);

    public static TransitionReport Refused(IEnumerable<Refusal> refusals)
    {
        ImmutableArray<Refusal> all = [.. refusals];
        return new TransitionReport(Outcome.Refused, all.Length == 1 ? all[0].Sentence : $"{all.Length} reasons against it; nothing was written.") { Refusals = all };
    }
}
