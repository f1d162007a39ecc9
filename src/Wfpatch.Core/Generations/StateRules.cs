// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
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
        return entries.Count == state.Redirects.Length && AreConsistent(state.Entries)
            && IsConsistent(state, state.Backend == BackendKind.AddressSpace ? [.. state.Entries.Select(e => e.Entry)] : entries);
    }

    private static bool AreConsistent(ImmutableArray<EntryState> entries) =>
        entries.All(e => e.Old.Length == EntryJump.Length) && entries.Select(e => e.Entry).Distinct().Count() == entries.Length;

    private static bool IsConsistent(TargetState state, HashSet<Address> entries) =>
        Enum.IsDefined(state.Backend) && state.View >= 0 && (state.Backend == BackendKind.AddressSpace || state.View == 0)
        && state.Generation <= state.LastGeneration
        && state.Redirects.All(r => r.Slot is >= -1 and <= 1 && r.Bank is 0 or 1 && IsConsistent(r.Plan))
        && state.Hooks.All(h => h.Set is >= 0 and < HookTrampoline.SetCount && Enum.IsDefined(h.Kind) && IsConsistent(h.Plan))
        && state.Unwinders.All(u => IsConsistent(u.Plan) && state.Redirects.All(r => r.Plan.Entry != u.Plan.Entry))
        && state.Images.All(i => i.OldParts.IsEmpty || !i.Functions.IsEmpty)
        && state.DataPages.All(p => IsInRegion(state, p))
        && state.Images.All(i => i.Data.Length == 0 || state.DataPages.Contains(i.Data))
        && state.Images.All(HasSoundCallbacks)
        && state.Applied.All(a => IsImage(state, a.Image) && a.Generation <= state.LastGeneration && Enum.IsDefined(a.Consistency))
        && (state.Transition is not { } open || IsConsistent(state, open, entries));

    private static bool IsConsistent(TargetState state, TransitionState open, HashSet<Address> entries) =>
        open.View >= TransitionState.NoView && (state.Backend == BackendKind.AddressSpace || open.View == TransitionState.NoView)
        && Enum.IsDefined(open.Kind) && Enum.IsDefined(open.Phase) && open.Images.All(i => IsImage(state, i)) && open.Images.Distinct().Count() == open.Images.Length
        && open.Canaries >= 0 && (open.Canaries == 0 || (open.Kind == TransitionKind.Apply && open.ReversedTo == 0))
        && Enum.IsDefined(open.Consistency) && (!open.IsGlobal || (open.Canaries == 0 && open.ReversedTo == 0))
        && open.Generation <= state.LastGeneration && open.ReversedTo <= state.LastGeneration
        && open.Affected(state).SelectMany(i => state.Images[i].Functions).All(f => entries.Contains(f.Entry));

    // The controller writes there.
    private static bool HasSoundCallbacks(ImageState image) =>
        image.Callbacks.All(c => Enum.IsDefined(c.Kind))
        && (image.CallbackBlock == Address.Zero
            ? image.Callbacks.IsEmpty
            : image.CallbackBlock.Value % 8 == 0 && image.Data.Contains(AddressRange.OfLength(image.CallbackBlock, CallbackBlock.Length))
                && image.Callbacks.GroupBy(c => c.Kind).All(g => g.Count() <= CallbackBlock.MostFunctions));

    private static bool IsConsistent(RedirectPlan plan) =>
        plan.All.All(IsConsistentAlone) && plan.All.Count() <= 1 + RedirectPlan.MostEvicted;

    private static bool IsConsistentAlone(RedirectPlan plan) =>
        plan.FirstInstruction.Length is > 0 and <= LongestDisplaced
        && plan.Write.Old.Length is > 0 and <= CodeReader.LongestInstruction && plan.Write.New.Length == plan.Write.Old.Length
        && plan.TrampolineLength is > 0 and <= LongestTrampoline;

    // They are mapped over: nothing of ours or of others may be there. The state itself lies at the start of the first region.
    private static bool IsInRegion(TargetState state, AddressRange pages) =>
        pages.Length > 0 && pages.Start.Value % Address.PageSize == 0 && pages.Length % Address.PageSize == 0
        && state.Regions.Index().Any(r => pages.Start >= r.Item.Range.Start + (r.Index == 0 ? Plans.JournalLayout.CodeOffset : 0)
            && pages.End <= r.Item.Range.Start + (long)r.Item.Used && pages.End <= r.Item.Range.End);

    private static bool IsImage(TargetState state, int image) => image >= 0 && image < state.Images.Length;
}
