// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.AddressSpace;

/// <summary>
/// Views of the address space (docs/mechanisms/address-space-generations.md). A view is made whole before a thread enters it, and the kernel's generation 0 keeps
/// the code as it was loaded. So nothing that a running thread can meet is ever written, but for hooks: a byte or an aligned quadword each.
/// </summary>
public sealed class AddressSpaceBackend(JournaledTarget journaled) : IBackend
{
    private readonly Target _target = journaled.Target;

    private TargetState State => journaled.State;

    public IThreadGenerations Threads => new ThreadViews(_target.Linux, () => State);

    public IGlobalMove GlobalMove => new ViewMove(_target.Linux, _target.Process, State.Transition!.View);

    public bool HasMovedAll => State.Transition is { IsGlobal: true } open
        && _target.Proc.ReadThreads().Any(t => Threads.Read(t, default) == open.Generation);

    /// <summary>Where a view has a page of its own, it does not see what is written to generation 0 there.</summary>
    public void WriteForAll(IEnumerable<CodeWrite> writes)
    {
        var views = _target.Linux.ReadViews(_target.Process);
        foreach (var write in writes)
        {
            journaled.Execute([write]);
            // Nothing else than entries of hooks is in the program's own code. What does not change there is left alone: a jump may stand beside it.
            if (write.Redirect is { } plan && plan.Write.Trimmed() is var trimmed)
            {
                var changed = write.Bytes.AsSpan((int)(trimmed.Address - write.Address), trimmed.New.Length);
                foreach (int view in views)
                {
                    WriteHook(view, trimmed.Address, changed);
                }
            }
        }
    }

    private void WriteHook(int view, Address address, ReadOnlySpan<byte> bytes)
    {
        int error = _target.Linux.WriteView(_target.Process, view, address, bytes);
        if (error is not (Errno.Success or Errno.NoSuchAddress or Errno.NoEntry))
        {
            TargetAccessException.ThrowIf(error, $"writing to {address} in generation {view} of process {_target.Process}");
        }
    }

    public Refusal? MakeRoom(Func<ProcessStop> stop)
    {
        // Unwinders are redirected in generation 0, of which the view will be a copy.
        journaled.Execute(new TransitionWrites(State).PublishFrames());
        return null;
    }

    public Refusal? Arm()
    {
        var writes = new ViewWrites(State);
        if (writes.Entries.FirstOrDefault(e => !StandsThere(e)) is { } changed)
        {
            throw TargetAccessException.OfChangedCode(changed.Entry);
        }
        if (State.Transition!.View == TransitionState.NoView && MakeView(writes) is { } refused)
        {
            return refused;
        }
        foreach (var write in State.Transition!.View > 0 ? writes.All() : [])
        {
            int error = _target.Linux.WriteView(_target.Process, State.Transition!.View, write.Address, write.Bytes);
            if (error != Errno.Success)
            {
                return Refuse($"writing {write.Bytes.Length} bytes at {write.Address} into its generation {State.Transition!.View}", error);
            }
        }
        CallbackRequests.BeginAfterArming(journaled);
        return null;
    }

    public void Open()
    {
        WriteForAll(new TransitionWrites(State).OpenHooks());
        // Nobody may enter any more what a reversed transition leads away from: a thread may stand in a hook and be about to. Hooks that lead back are open there by
        // now: to what is deleted nothing can be written.
        if (State.Transition is { ReversedTo: not 0, View: > 0 } reversed)
        {
            Delete(reversed.View);
        }
    }

    public void Settle()
    {
        if (State.Transition!.Phase != TransitionPhase.Settling)
        {
            journaled.Journal(Transitions.Advance(State, TransitionPhase.Settling));
        }
        End();
    }

    public void Cancel()
    {
        if (State.Transition!.Phase != TransitionPhase.Cancelling)
        {
            journaled.Journal(Transitions.Advance(State, TransitionPhase.Cancelling));
        }
        // New code stays, and so does what describes it, however far arming came.
        journaled.Execute(new TransitionWrites(State).PublishFrames());
        End();
    }

    public void Reverse()
    {
        journaled.Journal(Transitions.Reverse(State));
        Open();
    }

    private void End()
    {
        var writes = new TransitionWrites(State);
        WriteForAll(writes.CloseHooks());
        var settled = writes.Settled();
        DeleteOthers(settled.View);
        journaled.Journal(settled);
    }

    /// <summary>Pins, then makes the view, then says so. One that a killed controller made and had no time to write down is without threads, and goes first.</summary>
    private Refusal? MakeView(ViewWrites writes)
    {
        DeleteOthers(State.View);
        int view = 0;
        if (!writes.IsBase)
        {
            foreach (var pages in writes.Pages)
            {
                int pinned = _target.Linux.PinForViews(_target.Process, pages);
                if (pinned != Errno.Success)
                {
                    return Refuse($"letting the pages {pages} differ between its generations", pinned);
                }
            }
            int error = _target.Linux.CreateView(_target.Process, out view);
            if (error != Errno.Success)
            {
                return Refuse("another generation of its address space", error);
            }
        }
        journaled.Journal(Transitions.WithView(State, view));
        return null;
    }

    private void DeleteOthers(int kept)
    {
        foreach (int view in _target.Linux.ReadViews(_target.Process).Where(v => v != kept))
        {
            Delete(view);
        }
    }

    private void Delete(int view)
    {
        int error = _target.Linux.DeleteView(_target.Process, view);
        if (error is not (Errno.Success or Errno.NoEntry))
        {
            TargetAccessException.ThrowIf(error, $"deleting generation {view} of process {_target.Process}");
        }
    }

    // The last look before the write: a library may be unloaded at any moment.
    private bool StandsThere(EntryState entry) => _target.Memory.Read(entry.Entry, entry.Old.Length) is { } bytes && bytes.AsSpan().SequenceEqual(entry.Old.Span);

    private Refusal Refuse(string what, int error)
    {
        TargetAccessException.ThrowIf(error == Errno.NoSuchProcess ? error : Errno.Success, what);
        return TransitionRefusals.ViewRefused.About($"process {_target.Process}", $"The kernel refused process {_target.Process} {what} (errno {error}); nothing was changed.");
    }
}
