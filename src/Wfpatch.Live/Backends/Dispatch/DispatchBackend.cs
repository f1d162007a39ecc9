// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>Redirects and trampolines that ask each thread's word. Every step is journaled ahead and harmless on its own.</summary>
public sealed class DispatchBackend(JournaledTarget journaled) : IBackend
{
    private readonly Target _target = journaled.Target;

    private TargetState State => journaled.State;

    public IThreadGenerations Threads => new ThreadWords(_target.Memory);

    public IGlobalMove GlobalMove => new WordMove(_target.Memory, new TransitionWrites(State).Flip());

    public bool HasMovedAll => State.Transition is { IsGlobal: true } open
        && _target.Memory.TryReadUInt32(new TransitionWrites(State).Word, out uint word) && word == open.Generation;

    public void WriteForAll(IEnumerable<CodeWrite> writes) => journaled.Execute(writes);

    public Refusal? MakeRoom(Func<ProcessStop> stop)
    {
        Evict();
        if (Displace(stop) is not { } why)
        {
            return null;
        }
        string name = State.Images[State.Transition!.Image].PatchName;
        return RedirectRefusals.EntryBusy.About(name, $"{name} changes a function that can only be redirected while all threads of process {_target.Process} stand still outside of its first instructions: {why}. Nothing was changed; try again.");
    }

    /// <summary>Makes the room that entries need which have none within their first instruction. Nothing leads anywhere else by it.</summary>
    private void Evict()
    {
        foreach (var round in new TransitionWrites(State).Evict())
        {
            journaled.Execute(round);
            TargetAccessException.ThrowIf(_target.Linux.SerializeProcessors(), "waiting for the processors");
        }
    }

    /// <summary>Writes the jumps that take the place of several instructions, in a stop of all threads. May be repeated.</summary>
    /// <param name="stop">How.</param>
    /// <returns>Why it could not be done; null: it is, or there was nothing to do.</returns>
    private string? Displace(Func<ProcessStop> stop)
    {
        ImmutableArray<CodeWrite> writes = [.. new TransitionWrites(State).Displace().Where(w => !_target.Memory.Read(w.Address, w.Bytes.Length).AsSpan().SequenceEqual(w.Bytes))];
        return writes.IsEmpty ? null : stop().Write(writes);
    }

    public Refusal? Arm()
    {
        // All of it computed first: arming is the writes alone.
        var writes = new TransitionWrites(State);
        journaled.Execute([.. writes.PublishFrames(), .. writes.Arm()]);
        CallbackRequests.BeginAfterArming(journaled);
        return null;
    }

    public void Open()
    {
        // Canaries store what they were granted, and not what the sets say.
        if (State.Transition!.Canaries == 0)
        {
            RewriteHooks();
        }
        journaled.Execute(new TransitionWrites(State).OpenHooks());
    }

    /// <summary>All threads have migrated. First the functions, then the hooks: a thread that is being born meets an open hook or a settled function.</summary>
    public void Settle()
    {
        if (State.Transition!.Phase != TransitionPhase.Settling)
        {
            journaled.Journal(Transitions.Advance(State, TransitionPhase.Settling));
        }
        Finish();
    }

    public void Cancel()
    {
        if (State.Transition!.Phase != TransitionPhase.Cancelling)
        {
            journaled.Journal(Transitions.Advance(State, TransitionPhase.Cancelling));
        }
        journaled.Execute(new TransitionWrites(State).PublishFrames());
        journaled.Execute(new TransitionWrites(State).Settle());
        journaled.Execute(new TransitionWrites(State).CloseHooks());
        journaled.Journal(new TransitionWrites(State).Settled());
    }

    public void Reverse()
    {
        journaled.Journal(Transitions.Reverse(State));
        RewriteHooks();
    }

    /// <summary>Writes the sets of the open hooks (again).</summary>
    private void RewriteHooks()
    {
        ReturnHooks.Close(_target.Memory, State.ReturnHooks, keep: State.Transition!.Destination);
        journaled.Execute(State.Hooks.Where(h => h.IsArmed && h.StoresNumber)
            .Select(h => HookTrampoline.WriteSet(h.Plan.Trampoline, h.Set, State.Transition!.Destination)));
    }

    private void Finish()
    {
        var writes = new TransitionWrites(State);
        journaled.Execute(writes.Settle());
        journaled.Execute(writes.CloseHooks());
        ReturnHooks.Close(_target.Memory, State.ReturnHooks, keep: 0);
        journaled.Journal(writes.Settled());
    }
}
