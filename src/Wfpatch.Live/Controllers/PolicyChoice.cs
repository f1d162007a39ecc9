// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Live.Controllers;

public enum Policy
{
    /// <summary>Points where a profile serves this program and this patch, else stack.</summary>
    Auto,
    Points,
    Stack,
}

/// <summary>Which policy a transition gets: its name for reports, and the profile whose points are hooked (null: none).</summary>
public sealed record PolicyChoice(string Name, Profile? Profile)
{
    public const string PointsName = "points";
    public const string StackName = "stack";

    /// <summary>Either a choice or a refusal.</summary>
    /// <param name="profile">The profile for the target, or null where none is known.</param>
    /// <param name="changed">Names of the functions that the transition replaces.</param>
    /// <param name="part">The patch, or null for a revert.</param>
    /// <param name="known">Points that the target knows from an earlier transition.</param>
    public static (PolicyChoice? Choice, Refusal? Refusal) Make(
        Policy wanted, Profile? profile, ImmutableArray<string> changed, ObjectPatch? part, ImmutableArray<string> known)
    {
        var stack = new PolicyChoice(StackName, null);
        if (wanted == Policy.Stack || (wanted == Policy.Auto && profile is null))
        {
            return (stack, null);
        }
        if (profile is null)
        {
            return (null, TransitionRefusals.NoProfile.About("--policy points", "No profile is known for this program; name one with --profile, or use --policy stack."));
        }
        var points = profile.Points.Select(p => p.Function);
        if (changed.FirstOrDefault(c => profile.Below.Contains(c) || points.Contains(c)) is { } below)
        {
            return wanted == Policy.Auto
                ? (stack, null)
                : (null, TransitionRefusals.BelowPoint.About(below, $"{below} is on the stack at the quiescence points of profile {profile.Name}; use --policy stack."));
        }
        var usable = profile.Points.Where(p => p.Library.Length > 0 || known.Contains(p.Function) || HasPoint(part, p.Function)).ToImmutableArray();
        return usable.IsEmpty && wanted == Policy.Auto
            ? (stack, null)
            : (new PolicyChoice(PointsName, profile with { Points = usable.IsEmpty ? profile.Points : usable }), null);
    }

    private static bool HasPoint(ObjectPatch? part, string function) =>
        part is not null && part.OldFunctions.Any(f => f.Name == function && f.Role != OldFunctionRole.Part);
}
