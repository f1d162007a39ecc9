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

namespace Wfpatch.Live.Backends;

/// <summary>What all backends need of a target: its state, memory of ours in it, and writes to generation 0. Every step is journaled ahead and harmless on its own.</summary>
public sealed class JournaledTarget(Target target, StopLog stops)
{
    private TargetJournal? _journal;

    public Target Target => target;

    public TargetState State => _journal?.State ?? TargetState.Empty;

    /// <summary>The journal of a target that was patched before. No refusal and an empty state: it never was.</summary>
    public Refusal? TryOpenJournal()
    {
        _journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
        if (unreadable is null)
        {
            ForgetUnloaded();
        }
        return unreadable;
    }

    /// <summary>Writes the next state.</summary>
    public void Journal(TargetState state) => _journal!.Write(state);

    public void Execute(IEnumerable<CodeWrite> writes)
    {
        foreach (var write in writes)
        {
            target.Memory.Write(write);
        }
    }

    /// <summary>Lets more threads into the new generation: so many canaries, or with 0 all. Pairs with Open of the backend, which follows.</summary>
    public void Admit(int canaries) => Journal(Transitions.Admit(State, canaries));

    /// <summary>From here on threads may be stopped in any system call. May be repeated.</summary>
    public void OpenGuards() => Execute(new TransitionWrites(State).OpenGuards());

    /// <summary>Journals which patches wait, in memory of ours, which is mapped if there is none.</summary>
    /// <param name="plan">With the region for a target that has none; else it is not needed.</param>
    public Refusal? RecordWaiting(ImmutableArray<WaitingPatch> waiting, BackendPlan? plan)
    {
        if (plan is not null && EnsureRegion(plan) is { } noRegion)
        {
            return noRegion;
        }
        Journal(State with { Waiting = waiting });
        return null;
    }

    /// <summary>Maps what the plan needs, writes new code where nothing leads to it, and journals the open transition.</summary>
    public Refusal? Prepare(BackendPlan plan)
    {
        if (EnsureRegion(plan) is { } noRegion)
        {
            return noRegion;
        }
        Journal(plan.Reserved);
        if ((EnsurePages(plan.Reserved) ?? EnsureData(plan.Reserved)) is { } noPages)
        {
            return noPages;
        }
        Execute(plan.Code);
        Journal(Transitions.Advance(plan.Open, TransitionPhase.Arming));
        return null;
    }

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
                Execute([CallbackBlock.Withdraw(CallbackBlock.Of(before), before.Transition!.Call)]);
            }
            Execute(new TransitionWrites(before with { Hooks = [.. before.Hooks.Where(h => left.Contains(h.Plan.Entry))] }).CloseHooks());
        }
        if (before.Transition is not null && after.Transition is null && before.ReturnHooks != Address.Zero)
        {
            ReturnHooks.Close(target.Memory, before.ReturnHooks, keep: 0);
        }
        Journal(after);
    }

    private Refusal? EnsureRegion(BackendPlan plan)
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
        if (!target.Mappings.Any(m => m.Range == region && TargetJournal.MayBeOurs(m)))
        {
            if (CodeGaps.Find(target, SyscallStub.LengthFor(1)) is not { } gap)
            {
                return TargetRefusals.NoCodeGap.About($"process {target.Process}", $"No object of process {target.Process} has {SyscallStub.LengthFor(1)} free bytes behind its code.");
            }
            // The first write into code, of what is there: where the kernel forbids such writes (proc_mem.force_override) it throws, before any thread
            // is stopped.
            target.Memory.Write(gap.Start, target.Memory.Read(gap.Start, 1) ?? throw new TargetAccessException($"reading {gap.Start}", Linux.Errno.Fault));
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

    // The program maps memory as well: what lies at a place now need not be what was to be mapped there.
    private Refusal? EnsurePages(TargetState reserved)
    {
        var missing = reserved.TrampolinePages
            .Where(p => !target.Mappings.Any(m => m.Range.Contains(p) && TargetJournal.MayBeOurs(m)))
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
            MappingResult.NoThread => TargetRefusals.NoThreadForMapping.About(
                process, $"Process {target.Process} has no thread that could map memory now: each waits in a system call that must not be disturbed."),
            MappingResult.CodeInUse => TargetRefusals.MappingFailed.About(
                process, $"A thread of process {target.Process} may be in the code by which an earlier wfpatch had memory mapped, and it cannot be stopped to see that. Try again."),
            MappingResult.TimedOut => TargetRefusals.MappingFailed.About(
                process, $"The thread of process {target.Process} that was to map {ranges.Length} range(s), the first at {ranges[0]}, has not mapped them in time: the kernel refuses it (a limit of memory is reached), it has no processor, or a signal handler of it does not return. Try again."),
            _ => TargetRefusals.PlaceTaken.About(process, $"Process {target.Process} could not be made to map {ranges.Length} range(s), the first at {ranges[0]}: something else has come to lie there, or the thread has ended. Try again."),
        };
    }
}
