// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends;

/// <summary>The requests for the callbacks of an open transition, which a thread of the target takes at a quiescence point. Alike for both backends, but for who sees the hooks.</summary>
public sealed class CallbackRequests(JournaledTarget journaled, IBackend backend)
{
    private readonly TargetMemory _memory = journaled.Target.Memory;

    private TargetState State => journaled.State;

    /// <summary>How far the callbacks of the phase are.</summary>
    public CallStatus Status => CallbackBlock.Read(_memory, CallbackBlock.Of(State), State.Transition!.Call);

    /// <summary>The new generation is real: callbacks that come first are to be called, or threads may enter it.</summary>
    public static void BeginAfterArming(JournaledTarget journaled)
    {
        if (Transitions.CallsOf(journaled.State, TransitionPhase.CallingFirst).IsEmpty)
        {
            BeginMigrating(journaled);
        }
        else
        {
            Begin(journaled, TransitionPhase.CallingFirst);
        }
    }

    /// <summary>From here on threads may be in the new generation.</summary>
    public static void BeginMigrating(JournaledTarget journaled) => journaled.Journal(Transitions.Advance(journaled.State, TransitionPhase.Migrating));

    /// <summary>Callbacks are to be called, first or last. Pairs with Open, which follows.</summary>
    public static void Begin(JournaledTarget journaled, TransitionPhase phase) =>
        journaled.Journal(Transitions.BeginCalls(journaled.State, phase, CallbackBlock.NextNumber(journaled.Target.Memory, CallbackBlock.Of(journaled.State))));

    /// <summary>Asks for the callbacks of the phase. May be repeated; one that an earlier controller took back is asked for anew.</summary>
    public void Open()
    {
        if (Status.Progress == CallProgress.Withdrawn)
        {
            Begin(journaled, State.Transition!.Phase);
        }
        var open = State.Transition!;
        if (Status.Progress == CallProgress.NotAsked)
        {
            bool mayRefuse = open is { Phase: TransitionPhase.CallingFirst, Kind: TransitionKind.Apply };
            journaled.Execute(CallbackBlock.Ask(CallbackBlock.Of(State), open.Call, Transitions.CallsOf(State, open.Phase), mayRefuse));
        }
        backend.WriteForAll([CallbackArea.Show(State.CallbackArea, CallbackBlock.Of(State)), .. new TransitionWrites(State).OpenCalls()]);
    }

    /// <summary>Takes back what is asked for; where a thread has taken it meanwhile, that comes to nothing.</summary>
    public void Withdraw()
    {
        if (Status.Progress == CallProgress.Asked)
        {
            journaled.Execute([CallbackBlock.Withdraw(CallbackBlock.Of(State), State.Transition!.Call)]);
        }
    }
}
