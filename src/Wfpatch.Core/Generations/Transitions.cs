// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Generations;

/// <summary>How a state becomes the next one: opening, advancing, cancelling and reversing a transition. Pure.</summary>
public static class Transitions
{
    /// <summary>Opens a transition on an image of the state: a new generation, and for each affected function the other bank.</summary>
    /// <param name="canaries">Not 0: for so many threads alone.</param>
    /// <param name="replaces">All patches that are in force go with it.</param>
    /// <param name="others">The images of the same patch in other programs and libraries.</param>
    public static TargetState Open(
        TargetState state, TransitionKind kind, int image, string policy, int canaries = 0, Consistency consistency = Consistency.Local, bool replaces = false, params ImmutableArray<int> others)
    {
        uint generation = state.LastGeneration + 1;
        var open = new TransitionState(kind, TransitionPhase.Preparing, generation, 0, image, policy) { Canaries = canaries, Consistency = consistency, Replaces = replaces, Others = others };
        var entries = open.Affected(state).SelectMany(i => state.Images[i].Functions).Select(f => f.Entry).ToHashSet();
        return state with
        {
            LastGeneration = generation,
            Transition = open,
            Redirects = state.Backend == BackendKind.AddressSpace ? state.Redirects : [.. state.Redirects.Select(r => entries.Contains(r.Plan.Entry) ? r with { Bank = 1 - r.Bank } : r)],
        };
    }

    public static TargetState Advance(TargetState state, TransitionPhase phase) =>
        state with { Transition = Current(state) with { Phase = phase } };

    /// <summary>The view that the transition leads to was made.</summary>
    public static TargetState WithView(TargetState state, int view) => state with { Transition = Current(state) with { View = view } };

    /// <summary>Callbacks are asked for by a number that their block never had.</summary>
    public static TargetState BeginCalls(TargetState state, TransitionPhase phase, uint call) =>
        state with { Transition = Current(state) with { Phase = phase, Call = call } };

    /// <summary>The callbacks that the phase that calls is about; empty: there is none to be called.</summary>
    public static ImmutableArray<Address> CallsOf(TargetState state, TransitionPhase phase)
    {
        var open = Current(state);
        if (open.IsRemnant)
        {
            return [];
        }
        var kind = phase == TransitionPhase.CallingFirst
            ? open.Kind == TransitionKind.Apply ? CallbackKind.PreApply : CallbackKind.PreRevert
            : open.IsBack ? CallbackKind.PostRevert : CallbackKind.PostApply;
        return [.. state.Images[open.CallingImage(state)].Callbacks.Where(c => c.Kind == kind).Select(c => c.Function)];
    }

    /// <summary>Opens the transition for more canaries, or with 0 for all threads. From all there is no way back to some.</summary>
    public static TargetState Admit(TargetState state, int canaries) => Current(state).Canaries == 0
        ? throw new ArgumentException("the transition is open for all threads", nameof(state))
        : state with { Transition = Current(state) with { Canaries = canaries } };

    /// <summary>Threads are in two generations and shall all go back: to a new one that has the code of the one before. Hooks use their other set.</summary>
    public static TargetState Reverse(TargetState state)
    {
        if (Current(state).IsGlobal)
        {
            throw new ArgumentException("no thread is in the new generation, or all are", nameof(state));
        }
        uint generation = state.LastGeneration + 1;
        return state with
        {
            LastGeneration = generation,
            Transition = Current(state) with { ReversedTo = generation, Canaries = 0 },
            Hooks = [.. state.Hooks.Select(h => h.IsArmed ? h with { Set = HookTrampoline.SetAfter(h.Set) } : h)],
        };
    }

    private static TransitionState Current(TargetState state) =>
        state.Transition ?? throw new ArgumentException("no transition is open", nameof(state));
}
