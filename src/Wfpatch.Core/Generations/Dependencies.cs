// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Generations;

/// <summary>What patches of one target need of each other (docs/decisions/0046).</summary>
public static class Dependencies
{
    /// <summary>Why a patch cannot be applied: it needs others below it.</summary>
    /// <param name="replaces">Whether all others shall go with it.</param>
    /// <param name="target">Completes "is not in force in ...".</param>
    public static IEnumerable<Refusal> FindObstacles(Patch patch, bool replaces, TargetState state, string target)
    {
        if (replaces && !patch.Requires.IsEmpty)
        {
            return [TransitionRefusals.ReplacesRequired.About(patch.Name, $"{patch.Name} needs {Names(patch.Requires)}, and would replace them: apply it without --replace.")];
        }
        ImmutableArray<RequiredPatch> missing = [.. patch.Requires.Where(r => !state.IsApplied(r.Id))];
        if (!missing.IsEmpty)
        {
            return [TransitionRefusals.RequiredMissing.About(
                patch.Name, $"{patch.Name} needs {Names(patch.Requires)} below it, and {Names(missing)} {(missing.Length == 1 ? "is" : "are")} not in force in {target}; apply what is missing first.")];
        }
        return IsInOrder(patch.Requires, state)
            ? []
            : [TransitionRefusals.RequiredMissing.About(patch.Name, $"{patch.Name} needs {Names(patch.Requires)} below it in this order, and they were applied in another one in {target}.")];
    }

    /// <summary>The patches in force that need one of which some images shall be taken back, by name: so that it cannot be.</summary>
    public static ImmutableArray<string> FindDependents(TargetState state, ImmutableArray<AppliedPatch> parts)
    {
        string id = state.Images[parts[0].Image].PatchId;
        // A patch that later ones replaced whole may be in force a second time, below.
        bool stays = state.Applied.Except(parts).Any(a => state.Images[a.Image].PatchId == id);
        return stays
            ? []
            : [.. state.Applied.Select(a => state.Images[a.Image]).Where(i => i.PatchId != id && i.Requires.Contains(id)).Select(i => i.PatchName).Distinct()];
    }

    private static bool IsInOrder(ImmutableArray<RequiredPatch> required, TargetState state)
    {
        int next = 0;
        foreach (var applied in state.Applied)
        {
            // Several images of one patch follow each other.
            next += next < required.Length && state.Images[applied.Image].PatchId == required[next].Id ? 1 : 0;
        }
        return next == required.Length;
    }

    private static string Names(ImmutableArray<RequiredPatch> patches) => string.Join(" and ", patches.Select(p => p.Display));
}
