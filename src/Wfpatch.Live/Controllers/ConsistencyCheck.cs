// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// Whether a transition may be local or global. What a patch declares is a fact about its code, which only its author knows: there is no option that overrides it, and
/// none by which one that was brought in globally is taken back in another way. The other direction is everybody's own choice.
/// </summary>
public static class ConsistencyCheck
{
    /// <param name="replaced">What goes with it.</param>
    public static Refusal? FindObstacle(Patch patch, IEnumerable<AppliedPatch> replaced, TransitionOptions options)
    {
        if (options.Consistency == Consistency.Local && replaced.Any(a => a.Consistency == Consistency.Global))
        {
            return TransitionRefusals.OtherConsistency.About(
                patch.Name, $"{patch.Name} replaces a patch that was applied to all threads at once, and goes in the same way; apply it without --consistency local.");
        }
        if (patch.Consistency == Consistency.Global && options.Consistency == Consistency.Local)
        {
            return TransitionRefusals.OtherConsistency.About(
                patch.Name, $"{patch.Name} declares that its versions must not run side by side, so that all threads must go over at once; apply it without --consistency local.");
        }
        return Of(patch, replaced, options) == Consistency.Global && options.Canary is not null ? Canary(patch.Name) : null;
    }

    /// <param name="replaced">What goes with it.</param>
    public static Consistency Of(Patch patch, IEnumerable<AppliedPatch> replaced, TransitionOptions options) =>
        options.Consistency ?? (replaced.Any(a => a.Consistency == Consistency.Global) ? Consistency.Global : patch.Consistency);

    /// <summary>Of a patch that is in force and shall be taken back.</summary>
    public static Refusal? FindObstacle(string patch, AppliedPatch applied, TransitionOptions options) =>
        applied.Consistency == Consistency.Global && options.Consistency == Consistency.Local
            ? TransitionRefusals.OtherConsistency.About(patch, $"{patch} was applied to all threads at once, and is taken back in the same way; revert it without --consistency local.")
            : null;

    /// <summary>Of a transition that is open already.</summary>
    public static Refusal? FindObstacle(string patch, TransitionState open, TransitionOptions options)
    {
        if (options.Consistency is { } wanted && wanted != open.Consistency)
        {
            return TransitionRefusals.OtherConsistency.About(
                patch, $"The transition of {patch} is open already, {(open.IsGlobal ? "for all threads at once" : "thread by thread")}; go on without --consistency, or take it back with revert.");
        }
        return open.IsGlobal && options.Canary is not null ? Canary(patch) : null;
    }

    private static Refusal Canary(string patch) => TransitionRefusals.CanaryOfGlobal.About(
        patch, $"The versions of {patch} must not run side by side, so that it cannot be tried on some threads; apply it without --canary.");
}
