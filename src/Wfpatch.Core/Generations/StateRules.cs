// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Generations;

/// <summary>What holds for every state that we write. One that breaks it was not written by us, whatever its checksum says, and
/// the verbs of a transition are not tried on it.</summary>
public static class StateRules
{
    private const int LongestTrampoline = 4096;

    /// <summary>The last of several instructions may begin with a jump's last byte.</summary>
    private const int LongestDisplaced = 4 + CodeReader.LongestInstruction;

    public static bool IsConsistent(TargetState state)
    {
        var entries = state.Redirects.Select(r => r.Plan.Entry).ToHashSet();
        return entries.Count == state.Redirects.Length && IsConsistent(state, entries);
    }

    private static bool IsConsistent(TargetState state, HashSet<Address> entries) =>
        state.Generation <= state.LastGeneration
        && state.Redirects.All(r => r.Slot is >= -1 and <= 1 && r.Bank is 0 or 1 && IsConsistent(r.Plan))
        && state.Hooks.All(h => h.Set is >= 0 and < HookTrampoline.SetCount && Enum.IsDefined(h.Kind) && IsConsistent(h.Plan))
        && state.Unwinders.All(u => IsConsistent(u.Plan) && !entries.Contains(u.Plan.Entry))
        && state.Images.All(i => i.OldParts.IsEmpty || !i.Functions.IsEmpty)
        && state.Applied.All(a => IsImage(state, a.Image) && a.Generation <= state.LastGeneration && Enum.IsDefined(a.Consistency))
        && (state.Transition is not { } open || IsConsistent(state, open, entries));

    private static bool IsConsistent(TargetState state, TransitionState open, HashSet<Address> entries) =>
        Enum.IsDefined(open.Kind) && Enum.IsDefined(open.Phase) && IsImage(state, open.Image)
        && open.Canaries >= 0 && (open.Canaries == 0 || (open.Kind == TransitionKind.Apply && open.ReversedTo == 0))
        && Enum.IsDefined(open.Consistency) && (!open.IsGlobal || (open.Canaries == 0 && open.ReversedTo == 0))
        && open.Generation <= state.LastGeneration && open.ReversedTo <= state.LastGeneration
        && state.Images[open.Image].Functions.All(f => entries.Contains(f.Entry));

    private static bool IsConsistent(RedirectPlan plan) =>
        plan.All.All(IsConsistentAlone) && plan.All.Count() <= 1 + RedirectPlan.MostEvicted;

    private static bool IsConsistentAlone(RedirectPlan plan) =>
        plan.FirstInstruction.Length is > 0 and <= LongestDisplaced
        && plan.Write.Old.Length is > 0 and <= CodeReader.LongestInstruction && plan.Write.New.Length == plan.Write.Old.Length
        && plan.TrampolineLength is > 0 and <= LongestTrampoline;

    private static bool IsImage(TargetState state, int image) => image >= 0 && image < state.Images.Length;
}
