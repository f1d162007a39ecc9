// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Generations;

/// <summary>
/// What becomes of a state when libraries are unloaded: what we changed in them went with them, and nothing of theirs may be written to any
/// more, since other memory may lie there. A patch of such a library is not in force, and waits for the library to be loaded again.
/// Its new code stays, like all new code, but is never used again: it was linked for addresses that are gone.
/// </summary>
public static class LostObjects
{
    public static TargetState Without(TargetState state, IReadOnlyCollection<ObjectState> lost)
    {
        if (lost.Count == 0)
        {
            return state;
        }
        bool IsLost(Address place) => lost.Any(o => o.Range.Contains(place));
        bool IsLostImage(int index) => state.Images[index].Functions.Any(f => IsLost(f.Entry));
        // A transition of several objects goes on with those that are left.
        ImmutableArray<int> left = state.Transition is { } open ? [.. open.Images.Where(i => !IsLostImage(i))] : [];
        ImmutableArray<int> replaced = state.Transition?.Replaced(state) ?? [];
        var next = Without(state.Transition, left, [.. replaced.Where(i => !IsLostImage(i))]);
        bool ends = state.Transition is not null && next is null;
        var gone = state.Transition?.Images.Except(left).ToHashSet() ?? [];
        var unwanted = state.Transition switch
        {
            { Kind: TransitionKind.Revert } => gone,
            { ReversedTo: 0, Phase: not TransitionPhase.Cancelling } => replaced.ToHashSet(),
            _ => [],
        };
        var wanted = state.Applied.Select(a => a.Image).Where(i => !unwanted.Contains(i))
            .Concat(state.Transition is { Kind: TransitionKind.Apply, ReversedTo: 0 } ? gone : [])
            .Where(IsLostImage).Distinct()
            .Select(i => new WaitingPatch(state.Images[i].PatchId, state.Images[i].PatchName, state.Images[i].ObjectName));
        return state with
        {
            Objects = [.. state.Objects.Where(o => !lost.Contains(o))],
            Redirects = [.. state.Redirects.Where(r => !IsLost(r.Plan.Entry))],
            Entries = [.. state.Entries.Where(e => !IsLost(e.Entry))],
            Hooks = [.. state.Hooks.Where(h => !IsLost(h.Plan.Entry)).Select(h => ends ? h with { IsArmed = false } : h)],
            Unwinders = [.. state.Unwinders.Where(u => !IsLost(u.Plan.Entry))],
            Images = [.. state.Images.Select((image, i) => IsLostImage(i) ? image with { PatchId = "" } : image)],
            // A revert takes each image back once; one that was turned round leaves them all.
            Applied = [.. state.Applied.Where((a, at) => !IsLostImage(a.Image) && !(LeadsBack(state.Transition, next) && state.Applied.Skip(at + 1).Any(later => later.Image == a.Image)))],
            Waiting = [.. state.Waiting, .. wanted.Where(w => !state.Waiting.Contains(w))],
            Transition = next,
            Generation = ends ? state.LastGeneration : state.Generation,
        };
    }

    private static bool LeadsBack(TransitionState? before, TransitionState? next) =>
        next is { ReversedTo: 0, Phase: not TransitionPhase.Cancelling } && next.Kind != before?.Kind;

    /// <summary>The transition with what is left. Where the new patch is gone and patches that it replaces are not, that is their revert: what their functions
    /// lead to is the same. It is for all threads, since there is nothing left to be tried, and nothing of the new patch is called any more.</summary>
    private static TransitionState? Without(TransitionState? open, ImmutableArray<int> left, ImmutableArray<int> replaced) =>
        open is null || (left.IsEmpty && replaced.IsEmpty) ? null
        : !left.IsEmpty ? open with { Image = left[0], Others = left[1..] }
        : open with
        {
            Kind = TransitionKind.Revert, Image = replaced[0], Others = replaced[1..], Canaries = 0,
            Phase = open.Phase switch
            {
                TransitionPhase.CallingFirst => TransitionPhase.Arming,
                TransitionPhase.CallingLast => TransitionPhase.Settling,
                var phase => phase,
            },
        };
}
