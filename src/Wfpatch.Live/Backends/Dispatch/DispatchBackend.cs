// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>Carries plans out in the target. Every step is journaled ahead and harmless on its own.</summary>
public sealed class DispatchBackend(Target target, StopLog stops)
{
    private TargetJournal? _journal;

    /// <summary>The journal of a target that was patched before. Null and no refusal: it never was.</summary>
    public Refusal? TryOpenJournal(out TargetJournal? journal)
    {
        journal = _journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
        if (unreadable is null)
        {
            ForgetUnloaded();
        }
        return unreadable;
    }

    public TargetState State => _journal?.State ?? TargetState.Empty;

    // Of what was unloaded nothing is left to be written. Where a transition ends by it, its hooks elsewhere are closed first, so that
    // whoever finds the state of before does the same again.
    private void ForgetUnloaded()
    {
        if (_journal is null || UnloadedObjects.Find(target, _journal.State, withReloaded: true) is not { IsEmpty: false } lost)
        {
            return;
        }
        var before = _journal.State;
        var after = LostObjects.Without(before, lost);
        if (!target.Memory.IsOpenForWriting)
        {
            _journal.Assume(after);
            return;
        }
        bool endsCalls = before.Transition is { Phase: TransitionPhase.CallingFirst or TransitionPhase.CallingLast } && after.Transition?.Phase != before.Transition.Phase;
        if (endsCalls || (before.Transition is not null && after.Transition is null))
        {
            var left = after.Hooks.Select(h => h.Plan.Entry).ToHashSet();
            if (endsCalls)
            {
                // What it would call may be gone.
                Execute([CallbackBlock.Withdraw(BlockOf(before), before.Transition!.Call)]);
            }
            Execute(new TransitionWrites(before with { Hooks = [.. before.Hooks.Where(h => left.Contains(h.Plan.Entry))] }).CloseHooks());
        }
        if (before.Transition is not null && after.Transition is null && before.ReturnHooks != Address.Zero)
        {
            ReturnHooks.Close(target.Memory, before.ReturnHooks, keep: 0);
        }
        _journal.Write(after);
    }

    /// <summary>Journals which patches wait, in memory of ours, which is mapped if there is none.</summary>
    /// <param name="plan">With the region for a target that has none; else it is not needed.</param>
    public Refusal? RecordWaiting(ImmutableArray<WaitingPatch> waiting, DispatchPlan? plan)
    {
        if (plan is not null && EnsureRegion(plan) is { } noRegion)
        {
            return noRegion;
        }
        _journal!.Write(State with { Waiting = waiting });
        return null;
    }

    /// <summary>Maps what the plan needs, writes new code where nothing leads to it, and journals the open transition.</summary>
    public Refusal? Prepare(DispatchPlan plan)
    {
        if (EnsureRegion(plan) is { } noRegion)
        {
            return noRegion;
        }
        _journal!.Write(plan.Reserved);
        if ((EnsurePages(plan.Reserved) ?? EnsureData(plan.Reserved)) is { } noPages)
        {
            return noPages;
        }
        Execute(plan.Code);
        _journal.Write(Transitions.Advance(plan.Open, TransitionPhase.Arming));
        return null;
    }

    /// <summary>Makes the room that entries need which have none within their first instruction. Nothing leads anywhere else by it.</summary>
    public void Evict()
    {
        foreach (var round in new TransitionWrites(State).Evict())
        {
            Execute(round);
            TargetAccessException.ThrowIf(target.Linux.SerializeProcessors(), "waiting for the processors");
        }
    }

    /// <summary>Writes the jumps that take the place of several instructions, in a stop of all threads. May be repeated.</summary>
    /// <param name="stop">How.</param>
    /// <returns>Why it could not be done; null: it is, or there was nothing to do.</returns>
    public string? Displace(ProcessStop stop)
    {
        ImmutableArray<CodeWrite> writes = [.. new TransitionWrites(State).Displace().Where(w => !target.Memory.Read(w.Address, w.Bytes.Length).AsSpan().SequenceEqual(w.Bytes))];
        return writes.IsEmpty ? null : stop.Write(writes);
    }

    public void Arm()
    {
        // All of it computed first: arming is the writes alone.
        var writes = new TransitionWrites(State);
        Execute([.. writes.PublishFrames(), .. writes.Arm()]);
        if (Transitions.CallsOf(State, TransitionPhase.CallingFirst).IsEmpty)
        {
            BeginMigrating();
        }
        else
        {
            BeginCalls(TransitionPhase.CallingFirst);
        }
    }

    /// <summary>From here on threads may be in the new generation.</summary>
    public void BeginMigrating() => _journal!.Write(Transitions.Advance(State, TransitionPhase.Migrating));

    /// <summary>Callbacks are to be called, first or last. Pairs with OpenCalls, which follows.</summary>
    public void BeginCalls(TransitionPhase phase) =>
        _journal!.Write(Transitions.BeginCalls(State, phase, CallbackBlock.NextNumber(target.Memory, BlockOf(State))));

    /// <summary>Asks for the callbacks of the phase. May be repeated; one that an earlier controller took back is asked for anew.</summary>
    public void OpenCalls()
    {
        if (Calls.Progress == CallProgress.Withdrawn)
        {
            BeginCalls(State.Transition!.Phase);
        }
        var open = State.Transition!;
        if (Calls.Progress == CallProgress.NotAsked)
        {
            bool mayRefuse = open is { Phase: TransitionPhase.CallingFirst, Kind: TransitionKind.Apply };
            Execute(CallbackBlock.Ask(BlockOf(State), open.Call, Transitions.CallsOf(State, open.Phase), mayRefuse));
        }
        Execute([CallbackArea.Show(State.CallbackArea, BlockOf(State)), .. new TransitionWrites(State).OpenCalls()]);
    }

    /// <summary>How far the callbacks of the phase are.</summary>
    public CallStatus Calls => CallbackBlock.Read(target.Memory, BlockOf(State), State.Transition!.Call);

    /// <summary>Takes back what is asked for; where a thread has taken it meanwhile, that comes to nothing.</summary>
    public void WithdrawCalls()
    {
        if (Calls.Progress == CallProgress.Asked)
        {
            Execute([CallbackBlock.Withdraw(BlockOf(State), State.Transition!.Call)]);
        }
    }

    private static Address BlockOf(TargetState state) => state.Images[state.Transition!.CallingImage(state)].CallbackBlock;

    /// <summary>From here on threads may be stopped in any system call. May be repeated.</summary>
    public void OpenGuards() => Execute(new TransitionWrites(State).OpenGuards());

    public void OpenHooks() => Execute(new TransitionWrites(State).OpenHooks());

    /// <summary>In a global transition: what lets all threads go over at once.</summary>
    public CodeWrite Flip => new TransitionWrites(State).Flip();

    /// <summary>Whether that was written: by us, or by a controller that was killed behind it.</summary>
    public bool IsFlipped => State.Transition is { IsGlobal: true } open
        && target.Memory.TryReadUInt32(new TransitionWrites(State).Word, out uint word) && word == open.Generation;

    /// <summary>All threads have migrated. First the functions, then the hooks: a thread that is being born meets an open hook or a settled function.</summary>
    public void Settle()
    {
        if (State.Transition!.Phase != TransitionPhase.Settling)
        {
            _journal!.Write(Transitions.Advance(State, TransitionPhase.Settling));
        }
        Finish();
    }

    /// <summary>Takes a transition back in which no thread has migrated.</summary>
    public void Cancel()
    {
        if (State.Transition!.Phase != TransitionPhase.Cancelling)
        {
            _journal!.Write(Transitions.Advance(State, TransitionPhase.Cancelling));
        }
        Execute(new TransitionWrites(State).PublishFrames());
        Execute(new TransitionWrites(State).Settle());
        Execute(new TransitionWrites(State).CloseHooks());
        _journal!.Write(new TransitionWrites(State).Settled());
    }

    /// <summary>Lets more threads into the new generation: so many canaries, or with 0 all. Pairs with OpenHooks, which follows.</summary>
    public void Admit(int canaries) => _journal!.Write(Transitions.Admit(State, canaries));

    /// <summary>Turns an open transition round: all threads go to a new generation with the code of the one before.</summary>
    public void Reverse()
    {
        _journal!.Write(Transitions.Reverse(State));
        RewriteHooks();
    }

    /// <summary>Writes the sets of the open hooks (again).</summary>
    public void RewriteHooks()
    {
        ReturnHooks.Close(target.Memory, State.ReturnHooks, keep: State.Transition!.Destination);
        Execute(State.Hooks.Where(h => h.IsArmed && h.StoresNumber)
            .Select(h => HookTrampoline.WriteSet(h.Plan.Trampoline, h.Set, State.Transition!.Destination)));
    }

    private void Finish()
    {
        var writes = new TransitionWrites(State);
        Execute(writes.Settle());
        Execute(writes.CloseHooks());
        ReturnHooks.Close(target.Memory, State.ReturnHooks, keep: 0);
        _journal!.Write(writes.Settled());
    }

    private void Execute(IEnumerable<CodeWrite> writes)
    {
        foreach (var write in writes)
        {
            target.Memory.Write(write);
        }
    }

    private Refusal? EnsureRegion(DispatchPlan plan)
    {
        if (plan.NewRegions.IsEmpty)
        {
            return null;
        }
        return plan.IsFirst && MakeJournal(plan.NewRegions[0]) is { } failed ? failed : MapRegions(plan.IsFirst ? plan.NewRegions[1..] : plan.NewRegions);
    }

    private Refusal? MapRegions(ImmutableArray<AddressRange> regions) =>
        regions.Chunk(MappingsAtOnce).Select(chunk => Map(chunk, StubRange)).FirstOrDefault(failed => failed is not null);

    private Refusal? MakeJournal(AddressRange region)
    {
        if (!target.Mappings.Any(m => m.Range == region))
        {
            if (CodeGaps.Find(target, SyscallStub.LengthFor(1)) is not { } gap)
            {
                return TargetRefusals.NoCodeGap.About($"process {target.Process}", $"No object of process {target.Process} has {SyscallStub.LengthFor(1)} free bytes behind its code.");
            }
            if (Map([region], gap) is { } failed)
            {
                return failed;
            }
        }
        _journal = TargetJournal.Create(region, target.Memory);
        return null;
    }

    private AddressRange StubRange => AddressRange.OfLength(_journal!.Region + JournalLayout.StubOffset, JournalLayout.StubLength);

    // Journaled before: the pages are ours as part of a region until they become data.
    private Refusal? EnsureData(TargetState reserved)
    {
        var missing = reserved.DataPages.Where(p => target.Mappings.Any(m => m.Range.Contains(p) && TargetJournal.MayBeOurs(m)));
        foreach (var chunk in missing.Chunk(MappingsAtOnce))
        {
            if (Map(chunk, StubRange, (m, ranges, code) => m.MapData(ranges, code)) is { } failed)
            {
                return failed;
            }
        }
        return null;
    }

    private Refusal? EnsurePages(TargetState reserved)
    {
        var missing = reserved.TrampolinePages
            .Where(p => !target.Mappings.Any(m => m.Range.Contains(p)))
            .Select(p => AddressRange.OfLength(p, (long)Address.PageSize))
            .ToList();
        foreach (var chunk in missing.Chunk(MappingsAtOnce))
        {
            if (Map(chunk, StubRange) is { } failed)
            {
                return failed;
            }
        }
        return null;
    }

    private static int MappingsAtOnce => (JournalLayout.StubLength - SyscallStub.LengthFor(0)) / (SyscallStub.LengthFor(1) - SyscallStub.LengthFor(0));

    private Refusal? Map(AddressRange[] ranges, AddressRange codeRange) => Map(ranges, codeRange, (m, r, c) => m.Map(r, c));

    private Refusal? Map(AddressRange[] ranges, AddressRange codeRange, Func<RemoteMapping, AddressRange[], AddressRange, MappingResult> map)
    {
        string process = $"process {target.Process}";
        return map(new RemoteMapping(target, stops), ranges, codeRange) switch
        {
            MappingResult.Done => null,
            MappingResult.CodeInUse => TargetRefusals.MappingFailed.About(
                process, $"A thread of process {target.Process} may be in the code by which an earlier wfpatch had memory mapped, and it cannot be stopped to see that. Try again."),
            MappingResult.NoThread => TargetRefusals.NoThreadForMapping.About(
                process, $"Process {target.Process} has no thread that could map memory now: each waits in a system call that must not be disturbed."),
            MappingResult.TimedOut => TargetRefusals.MappingFailed.About(
                process, $"The thread of process {target.Process} that was to map {ranges.Length} range(s), the first at {ranges[0]}, did not get to it in time: it has no processor, or a signal handler of it does not return. Try again."),
            _ => TargetRefusals.MappingFailed.About(process, $"Process {target.Process} could not be made to map {ranges.Length} range(s), the first at {ranges[0]}: something else has come to lie there, or the thread has ended. Try again."),
        };
    }
}
