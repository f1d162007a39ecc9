// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Testing.Simulation;

/// <summary>Something that a controller could do wrong, so that a test sees that the simulation would notice.</summary>
public enum SimulatedMistake
{
    None,

    /// <summary>Hooks are closed before the functions are settled.</summary>
    ClosesHooksFirst,

    /// <summary>The number of a cancelled transition is not used again, while threads are still in its banks.</summary>
    CancelsForGood,

    /// <summary>A cancelled transition counts as one that was seen through: the next one uses the other bank.</summary>
    KeepsBankOfCancelled,

    /// <summary>Threads are migrated inside of trampolines.</summary>
    ForgetsTrampolines,

    /// <summary>Threads are migrated in the middle of a request where they are blocked.</summary>
    ForgetsRequests,

    /// <summary>It settles with one thread left.</summary>
    SettlesEarly,

    /// <summary>Entries are written before the instructions that their jumps read.</summary>
    EvictsLate,

    /// <summary>While canaries are tried, every new thread is one.</summary>
    OpensStartForCanaries,

    /// <summary>A grant is taken back from a thread that has read it and not stored it yet.</summary>
    WithdrawsInTrampolines,

    /// <summary>All threads go over at once while one of them is not held.</summary>
    FlipsEarly,

    /// <summary>A patch that replaces all settles its own functions alone.</summary>
    SettlesNewOnes,
}

/// <summary>One random schedule.</summary>
/// <param name="Seed">Everything random follows from it.</param>
/// <param name="Points">The policy: points, or stack.</param>
/// <param name="Patches">For each patch the functions that it replaces.</param>
/// <param name="Ticks">Steps of threads and of controllers, before all that is open is brought to its end.</param>
/// <param name="CrashOneIn">A controller is killed after one in so many of its stores; 0: never.</param>
public sealed record SimulationOptions(int Seed, bool Points, int Threads, int Functions, ImmutableArray<ImmutableArray<int>> Patches, int Ticks, int CrashOneIn)
{
    public SimulatedMistake Mistake { get; init; }

    /// <summary>Patches are tried on canaries first, more often than not.</summary>
    public bool Canaries { get; init; }

    /// <summary>Patches replace all that are in force, one time in two.</summary>
    public bool Replaces { get; init; }

    /// <summary>Patches let all threads go over at once, one time in two.</summary>
    public bool Globals { get; init; }

    public override string ToString() =>
        $"seed {Seed}, {(Points ? "points" : "stack")}, {Threads} threads, {Functions} functions, patches {string.Join(" ", Patches.Select(p => $"[{string.Join(",", p)}]"))}, {Ticks} ticks, crash one in {CrashOneIn}";
}

/// <summary>What happened in a simulation, so that a test sees that it was worth something.</summary>
public sealed record SimulationTotals
{
    public int Calls { get; set; }

    public int Requests { get; set; }

    public int Crashes { get; set; }

    public int Settled { get; set; }

    public int Reversed { get; set; }

    public int Cancelled { get; set; }

    public int Births { get; set; }

    public int Signals { get; set; }

    public int Audits { get; set; }

    /// <summary>Settled transitions that took earlier patches out of force.</summary>
    public int Replaced { get; set; }

    /// <summary>Global transitions that were settled, and those that were cancelled.</summary>
    public int Flipped { get; set; }

    public int GivenUp { get; set; }

    /// <summary>Transitions that were open for canaries and then for all, or were reversed.</summary>
    public int Tried { get; set; }

    /// <summary>Threads that canaries created.</summary>
    public int Heirs { get; set; }

    public void Add(SimulationTotals other)
    {
        Calls += other.Calls;
        Requests += other.Requests;
        Crashes += other.Crashes;
        Settled += other.Settled;
        Reversed += other.Reversed;
        Cancelled += other.Cancelled;
        Births += other.Births;
        Signals += other.Signals;
        Audits += other.Audits;
        Replaced += other.Replaced;
        Flipped += other.Flipped;
        GivenUp += other.GivenUp;
        Tried += other.Tried;
        Heirs += other.Heirs;
    }
}
