// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Live.Targets;

/// <summary>The quiescence points that what is loaded in a target announces (include/wfpatch.h).</summary>
public sealed record ExplicitPoints(ImmutableArray<ExplicitPoint> All, ImmutableArray<Refusal> Refusals)
{
    public static readonly ExplicitPoints None = new([], []);

    public bool AreUsable => !All.IsEmpty && Refusals.IsEmpty;

    public static ExplicitPoints Find(Target target)
    {
        var found = target.Objects.Select(o => ExplicitPoint.Read(o.Image, o.UnwindTable)).ToList();
        return new([.. found.SelectMany(f => f.Points)], [.. found.SelectMany(f => f.Refusals)]);
    }

    /// <summary>Entries of functions that may be on a thread's stack at one of the points.</summary>
    /// <param name="original">Memory as it would be without our redirects.</param>
    public static ImmutableHashSet<Address> FindBelow(Target target, ImmutableArray<ExplicitPoint> points, IMemory original) =>
    [
        .. target.Objects.Where(o => o.UnwindTable is not null && points.Any(p => o.Image.Range.Contains(p.At)))
            .SelectMany(o => BelowPoints.Find(o.UnwindTable!.Functions, original, points.Where(p => o.Image.Range.Contains(p.At)).Select(p => p.Function))),
    ];

    /// <summary>By what a blocked thread is seen to be in a request, where the open transition has the policy explicit.</summary>
    public static RequestFrames FramesOf(Target target, TargetState state)
    {
        if (state.Transition?.Policy != ExplicitPoint.PolicyName)
        {
            return RequestFrames.None;
        }
        AddressRange[] loops = [.. state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.Point).Select(h => h.Function).Distinct()];
        var program = target.Objects.Where(o => loops.Any(o.Image.Range.Contains))
            .SelectMany(o => o.Image.Segments.Where(s => s.IsExecutable).Select(s => s.Range))
            .Concat(state.Images.Select(i => i.Range));
        return new RequestFrames(loops, [.. program]);
    }
}
