// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.AddressSpace;

/// <summary>
/// Views of the address space (docs/mechanisms/address-space-generations.md). A view is made whole before a thread enters it, and the kernel's generation 0 keeps
/// the code as it was loaded. So nothing that a running thread can meet is ever written.
/// </summary>
public sealed class AddressSpaceBackend(JournaledTarget journaled) : IBackend
{
    private readonly Target _target = journaled.Target;

    private TargetState State => journaled.State;

    public IThreadGenerations Threads => new ThreadViews(_target.Linux, () => State);

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
        journaled.Journal(Transitions.Advance(State, TransitionPhase.Migrating));
        return null;
    }

    // Threads go over from outside alone.
    public void Open()
    {
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

    public void Reverse() => journaled.Journal(Transitions.Reverse(State));

    private void End()
    {
        var writes = new TransitionWrites(State);
        journaled.Execute(writes.CloseHooks());
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
            int error = _target.Linux.DeleteView(_target.Process, view);
            if (error is not (Errno.Success or Errno.NoEntry))
            {
                TargetAccessException.ThrowIf(error, $"deleting generation {view} of process {_target.Process}");
            }
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
