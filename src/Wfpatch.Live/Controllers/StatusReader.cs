// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Obstacles;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>What is in force in a target, which thread is where, and what holds the pending ones. Changes nothing; a pending
/// thread is stopped for a moment to see what it is in.</summary>
public static class StatusReader
{
    public static StatusReport Read(Target target)
    {
        var stops = new StopLog();
        var journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
        if (unreadable is not null)
        {
            return new StatusReport(Outcome.Refused, unreadable.Sentence);
        }
        var state = journal?.State ?? TargetState.Empty;
        if (BackendChoice.FindFork(target, state) is { } forked)
        {
            return new StatusReport(Outcome.Refused, forked.Sentence);
        }
        state = LostObjects.Without(state, UnloadedObjects.Find(target, state, withReloaded: true));
        var report = state.Transition is { } open ? ReadOpen(target, state, open, stops) : ReadSettled(target, state);
        return report with { Waiting = state.Waiting, Backend = state.Backend };
    }

    private static StatusReport ReadSettled(Target target, TargetState state) =>
        new(Outcome.Done, state.Applied.IsEmpty ? $"No patch is in force in process {target.Process}." : $"{InForce(state).Length} patch(es) in force in process {target.Process}.")
        {
            Generations = [Base(state), .. InForce(state)],
            Threads = [.. target.Proc.ReadThreads().Select(t => new ThreadReport(t, target.Proc.ReadThreadName(t) ?? "", state.Generation, MigrationPath.Outside, null, null))],
        };

    private static StatusReport ReadOpen(Target target, TargetState state, TransitionState open, StopLog stops)
    {
        bool back = open.Kind == TransitionKind.Revert || open.ReversedTo != 0;
        var look = new Look(target, state, open, stops);
        var threads = target.Proc.ReadThreads().Select(t => ReadThread(look, t)).ToImmutableArray();
        int pending = threads.Count(t => t.Path == MigrationPath.Pending);
        string name = state.Images[open.Image].PatchName;
        ImmutableArray<int> leaving = open.ReversedTo != 0 || open.Kind == TransitionKind.Revert ? open.Images : open.Replaced(state);
        var generations = state.Applied.Select(a => Describe(state, a.Generation, a.Image, leaving.Contains(a.Image) ? "old" : "current")).Distinct().ToList();
        if (!back || open.ReversedTo != 0)
        {
            generations.Add(Describe(state, open.Generation, open.Image, back ? "old" : "new"));
        }
        int canaries = threads.Count(t => t.Generation == open.Destination);
        bool isCanary = open is { Canaries: > 0, Phase: TransitionPhase.Migrating };
        return new StatusReport(
            isCanary && pending == 0 && canaries > 0 ? Outcome.Canary : Outcome.Pending,
            CallbackTurn.Describe(target, state) is { } calls ? calls.Sentence
                : isCanary
                ? $"{name} is tried in process {target.Process}, canary: {canaries} of {threads.Length} threads are in generation {open.Destination}, {pending} pending; the others stay until wfpatch advance or revert."
                : $"{name} is being {(back ? "taken back" : "applied")} in process {target.Process}: {(open.IsGlobal ? pending == 0 ? "all threads have gone over at once." : "all threads are in the version before, to go over at once." : $"{pending} of {threads.Length} threads are pending.")}")
        {
            Generations = [Base(state), .. generations],
            Threads = threads,
            OpenTransition = open.Policy,
            Canaries = isCanary ? open.Canaries : 0,
            Consistency = open.Consistency.ToString().ToLowerInvariant(),
        };
    }

    private static ThreadReport ReadThread(Look look, int thread)
    {
        var (target, state, open, _) = look;
        string name = target.Proc.ReadThreadName(thread) ?? "";
        var block = ThreadControlBlock.Find(target.Linux, target.Memory, thread);
        if (open.IsGlobal)
        {
            return open.Phase == TransitionPhase.Settling || HasGoneOver(target, state, open, thread)
                ? new ThreadReport(thread, name, open.Generation, MigrationPath.Together, null, null)
                : new ThreadReport(thread, name, state.Generation, MigrationPath.Pending, null, FindBlocker(look, thread, block));
        }
        uint now = ThreadsOf(target, state).Read(thread, block);
        if (now != IThreadGenerations.Unknown && (now == open.Destination || (open.ReversedTo != 0 && now != open.Generation)))
        {
            return new ThreadReport(thread, name, now, MigrationPath.Point, null, null);
        }
        if (open.Canaries > 0 && !HasGrant(target, block, open) && !look.Hooked.Contains(thread))
        {
            return new ThreadReport(thread, name, state.Generation, MigrationPath.Staying, null, null);
        }
        uint generation = now == open.Generation ? now : state.Generation;
        return new ThreadReport(thread, name, generation, MigrationPath.Pending, null, FindBlocker(look, thread, block));
    }

    /// <summary>With all others, in a global transition. With dispatch nobody asks for its own word.</summary>
    private static bool HasGoneOver(Target target, TargetState state, TransitionState open, int thread) => state.Backend == BackendKind.AddressSpace
        ? ThreadsOf(target, state).Read(thread, default) == open.Generation
        : target.Memory.TryReadUInt32(new TransitionWrites(state).Word, out uint all) && all == open.Generation;

    private static IThreadGenerations ThreadsOf(Target target, TargetState state) =>
        state.Backend == BackendKind.AddressSpace ? new ThreadViews(target.Linux, () => state) : new ThreadWords(target.Memory);

    private static bool HasGrant(Target target, Address block, TransitionState open) =>
        block != Address.Zero && target.Memory.TryReadUInt32(block + ThreadWord.GrantOffset, out uint grant) && grant == open.Destination;

    // Opening the memory for the permit needs the right to change the target; who may stop its threads has it.
    private static Blocker FindBlocker(Look look, int thread, Address block)
    {
        if (look.AgainstStops is { } filtered)
        {
            return new Blocker("", -1, Address.Zero, $"it is not looked at: {filtered.Sentence}");
        }
        var (target, state, _, stops) = look;
        var terms = StopTerms.Read(target, thread, block);
        if (terms is { Obstacle: { } obstacle, Activity: { } activity })
        {
            return BlockerText.Describe(in activity, obstacle);
        }
        target.Memory.OpenForWriting();
        var oldCode = HeldCode.Of(state);
        var migration = new OutsideMigration(
            target.Linux, target.Memory, target.CreateUnwinder(state, look.Table), oldCode.Select(o => o.Range), [], 0, stops)
        {
            Hooks = look.Table is { } table ? new ReturnHooks(target.Memory, table) : null,
        };
        var visit = migration.Visit(thread, null, in terms);
        return BlockerText.Describe(visit, oldCode);
    }

    /// <summary>What is asked once for all threads, and only where a thread's answer needs it.</summary>
    private sealed record Look(Target Target, TargetState State, TransitionState Open, StopLog Stops)
    {
        private readonly Lazy<Refusal?> _againstStops = new(() => new SeccompReader(Target, Stops).FindAgainstStops());
        private readonly Lazy<ReturnHookTable?> _table = new(() => ReturnHookTable.Read(Target.Memory, State.ReturnHooks));
        private readonly Lazy<IReadOnlySet<int>> _hooked = new(() => ReturnHookTable.Read(Target.Memory, State.ReturnHooks) is { } table
            ? new ReturnHooks(Target.Memory, table).FindThreads(
                Open.Destination, Target.Proc.ReadThreads().Select(t => (t, ThreadControlBlock.Find(Target.Linux, Target.Memory, t))), (Target.Process, Target.MainStack))
            : new HashSet<int>());

        public Refusal? AgainstStops => _againstStops.Value;

        public ReturnHookTable? Table => _table.Value;

        /// <summary>Threads that migrate when they return.</summary>
        public IReadOnlySet<int> Hooked => _hooked.Value;
    }

    // A patch of several objects is one, unless a part of it was brought in later.
    private static ImmutableArray<GenerationReport> InForce(TargetState state) => [.. state.Applied.Select(a => Describe(state, a.Generation, a.Image, "current")).Distinct()];

    private static GenerationReport Base(TargetState state) => new(0, "", "the program as started", state.Applied.IsEmpty && state.Transition is null ? "current" : "base");

    private static GenerationReport Describe(TargetState state, uint generation, int image, string what) =>
        new(generation, state.Images[image].PatchId, state.Images[image].PatchName, what);
}
