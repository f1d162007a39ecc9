// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;

namespace Wfpatch.Testing.Simulation;

/// <summary>What must be true, judged by the last state that lay whole in the journal: which version a thread gets, and that
/// generation numbers are given out once.</summary>
public sealed class SimulationOracle(SimulatedProgram program)
{
    private readonly List<ImmutableArray<int>> _generations = [[.. program.Functions.Select(_ => 0)]];
    private uint _highest;

    public TargetState State { get; private set; } = TargetState.Empty;

    public void Journaled(TargetState state, SimulationTotals totals)
    {
        Count(state, totals);
        var before = State.Transition;
        totals.Tried += before is { Canaries: > 0, Phase: TransitionPhase.Migrating } && state.Transition is { Canaries: 0 } ? 1 : 0;
        State = state;
        if (state.Transition is null && before is { Phase: TransitionPhase.Cancelling })
        {
            // No thread has been in it: it may come again.
            _highest = before.Generation - 1;
        }
        if (state.Transition is { } open && (before is null || before.Destination != open.Destination))
        {
            if (open.Destination <= _highest)
            {
                throw new SimulationException($"generation {open.Destination} is given out after {_highest}");
            }
            _highest = open.Destination;
        }
        Remember(state.Applied);
        Remember(After());
    }

    /// <summary>The version that a thread must get, by its word. While it is settled everybody gets the same: nobody is left in the
    /// other generation, and threads that are born when the hooks are closed have no word.</summary>
    public int VersionFor(SimulatedThread thread, int function)
    {
        bool isNew = State.Transition switch
        {
            { Phase: TransitionPhase.Settling } settling => settling.ReversedTo == 0,
            { IsGlobal: true } global => IsFlipped(global),
            { } open => thread.Word == open.Generation,
            null => false,
        };
        return program.VersionOf(function, State, isNew ? After() : State.Applied);
    }

    private bool IsFlipped(TransitionState global) =>
        program.Memory.TryReadUInt32(new TransitionWrites(State).Word, out uint word) && word == global.Generation;

    /// <summary>In a global transition no two threads execute different versions of what it changes.</summary>
    public void CheckApart(IReadOnlyList<SimulatedThread> threads)
    {
        if (State.Transition is not { IsGlobal: true } open)
        {
            return;
        }
        var after = After();
        ImmutableArray<int> images = [open.Image, .. open.Replaces ? State.Applied.Select(a => a.Image) : []];
        var changed = images.SelectMany(i => State.Images[i].Functions).Select(f => f.Entry).ToHashSet();
        var running = threads.SelectMany(t => t.Frames).Where(f => f.Kind == FrameKind.Function && changed.Contains(program.Functions[f.Function].Entry)
            && program.VersionOf(f.Function, State, State.Applied) != program.VersionOf(f.Function, State, after)).ToList();
        bool isOld = running.Exists(f => f.Version == program.VersionOf(f.Function, State, State.Applied));
        bool isNew = running.Exists(f => f.Version == program.VersionOf(f.Function, State, after));
        if (isOld && isNew)
        {
            throw new SimulationException($"two versions at once: {string.Join(' ', running.Select(f => $"f{f.Function}v{f.Version}"))}");
        }
    }

    /// <summary>While canaries are tried, nobody is in the new generation but they and who descends from them.</summary>
    public void CheckChosen(SimulatedThread thread)
    {
        if (State.Transition is { Canaries: > 0 } open && thread.Word == open.Generation && thread.ChosenFor != open.Generation)
        {
            throw new SimulationException($"thread {thread.Id} is in generation {thread.Word} and was not chosen");
        }
    }

    /// <summary>Whether there is one generation in which all the calls got their versions.</summary>
    public bool IsOneGeneration(IReadOnlyList<(int Function, int Version)> calls) =>
        _generations.Exists(g => calls.All(c => g[c.Function] == c.Version));

    private ImmutableArray<AppliedPatch> After() => State.Transition switch
    {
        null => State.Applied,
        { Replaces: true } alone => [new AppliedPatch(alone.Generation, alone.Image)],
        { Kind: TransitionKind.Apply } apply => State.Applied.Add(new AppliedPatch(apply.Generation, apply.Image)),
        var revert => State.Applied.RemoveAll(a => a.Image == revert.Image),
    };

    private void Remember(ImmutableArray<AppliedPatch> applied)
    {
        ImmutableArray<int> versions = [.. program.Functions.Select((_, f) => program.VersionOf(f, State, applied))];
        if (!_generations.Exists(g => g.SequenceEqual(versions)))
        {
            _generations.Add(versions);
        }
    }

    private void Count(TargetState state, SimulationTotals totals)
    {
        if (State.Transition is { } was && state.Transition is null)
        {
            bool cancelled = was.Phase == TransitionPhase.Cancelling;
            totals.Cancelled += cancelled ? 1 : 0;
            totals.Flipped += was.IsGlobal && !cancelled ? 1 : 0;
            totals.GivenUp += was.IsGlobal && cancelled ? 1 : 0;
            totals.Replaced += !cancelled && was.ReversedTo == 0 && State.Applied.Any(a => was.Replaces && a.Image != was.Image) ? 1 : 0;
            totals.Reversed += was.ReversedTo != 0 ? 1 : 0;
            totals.Settled += cancelled || was.ReversedTo != 0 ? 0 : 1;
        }
    }
}
