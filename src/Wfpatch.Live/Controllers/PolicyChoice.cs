// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

public enum Policy
{
    /// <summary>Explicit points where the program has some, points where a profile serves this program and this patch, else stack.</summary>
    Auto,
    Points,
    Stack,

    /// <summary>The points that the program announces itself (include/wfpatch.h).</summary>
    Explicit,
}

/// <summary>Which policy a transition gets: its name for reports, and the profile whose points are hooked (null: none).</summary>
public sealed record PolicyChoice(string Name, Profile? Profile)
{
    public const string PointsName = "points";
    public const string StackName = Core.Redirects.Trampolines.ReturnHookArea.PolicyName;
    public const string ExplicitName = ExplicitPoint.PolicyName;

    /// <summary>Either a choice or a refusal.</summary>
    /// <param name="profile">The profile for the target, or null where none is known.</param>
    /// <param name="changed">Names of the functions that the transition replaces.</param>
    /// <param name="parts">What the patch changes in each object; empty for a revert.</param>
    /// <param name="known">Points that the target knows from an earlier transition.</param>
    /// <param name="announced">Points that the program announces itself.</param>
    public static (PolicyChoice? Choice, Refusal? Refusal) Make(
        Policy wanted, Profile? profile, ImmutableArray<string> changed, ImmutableArray<ObjectPatch> parts, ImmutableArray<string> known, ExplicitPoints announced)
    {
        if (wanted == Policy.Explicit || (wanted == Policy.Auto && announced.AreUsable))
        {
            var made = MakeExplicit(profile, changed, announced);
            if (made.Choice is not null || wanted == Policy.Explicit)
            {
                return made;
            }
        }
        return MakeOfProfile(wanted, profile, changed, parts, known);
    }

    private static (PolicyChoice? Choice, Refusal? Refusal) MakeExplicit(Profile? profile, ImmutableArray<string> changed, ExplicitPoints announced)
    {
        if (!announced.AreUsable)
        {
            return (null, announced.Refusals.FirstOrDefault()
                ?? TransitionRefusals.NoExplicitPoint.About("--policy explicit", "Nothing that the process has loaded announces a quiescence point (include/wfpatch.h)."));
        }
        if (profile is not null && changed.FirstOrDefault(profile.Below.Contains) is { } below)
        {
            return (null, BelowPoint(below, profile));
        }
        return (new PolicyChoice(ExplicitName, (profile ?? new Profile(ExplicitName, [], [], [])) with { Points = [], Explicit = announced.All }), null);
    }

    private static Refusal BelowPoint(string function, Profile profile) => TransitionRefusals.BelowPoint.About(
        function, $"{function} is on the stack at the quiescence points of profile {profile.Name}; use --policy stack.");

    private static (PolicyChoice? Choice, Refusal? Refusal) MakeOfProfile(
        Policy wanted, Profile? profile, ImmutableArray<string> changed, ImmutableArray<ObjectPatch> parts, ImmutableArray<string> known)
    {
        var stack = new PolicyChoice(StackName, null);
        if (wanted == Policy.Stack || (wanted == Policy.Auto && profile is null))
        {
            return (stack, null);
        }
        if (profile is null || profile.Points.IsEmpty && wanted == Policy.Points)
        {
            return (null, TransitionRefusals.NoProfile.About("--policy points", "No profile is known for this program; name one with --profile, or use --policy stack."));
        }
        var points = profile.Points.Select(p => p.Function);
        if (changed.FirstOrDefault(c => profile.Below.Contains(c) || points.Contains(c)) is { } below)
        {
            return wanted == Policy.Auto
                ? (stack, null)
                : (null, BelowPoint(below, profile));
        }
        var usable = profile.Points.Where(p => p.Library.Length > 0 || known.Contains(p.Function) || HasPoint(parts, p.Function)).ToImmutableArray();
        return usable.IsEmpty && wanted == Policy.Auto
            ? (stack, null)
            : (new PolicyChoice(PointsName, profile with { Points = usable.IsEmpty ? profile.Points : usable }), null);
    }

    private static bool HasPoint(ImmutableArray<ObjectPatch> parts, string function) =>
        parts.SelectMany(p => p.OldFunctions).Any(f => f.Name == function && f.Role != OldFunctionRole.Part);
}
