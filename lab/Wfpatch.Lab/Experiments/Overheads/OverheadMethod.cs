// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>A way in which wfpatch lets threads migrate.</summary>
/// <param name="Apply">Options of `wfpatch apply`.</param>
/// <param name="Revert">Options of `wfpatch revert`.</param>
internal sealed record OverheadMethod(string Name, ImmutableArray<string> Apply, ImmutableArray<string> Revert)
{
    internal const string Points = "points", Stack = "stack", Barrier = "barrier";

    /// <summary>In the order of the table.</summary>
    internal static readonly ImmutableArray<string> Names = [Points, Stack, Barrier];

    /// <param name="limit">How long the barrier's threads wait for each other: as long as they are waited for.</param>
    internal static ImmutableArray<OverheadMethod> All(TimeSpan limit)
    {
        ImmutableArray<string> points = ["--policy", "points"], stack = ["--policy", "stack"], wait = ["--max-wait", StartedTool.Milliseconds(limit)];
        return [new(Points, points, points), new(Stack, stack, stack), new(Barrier, [.. points, "--consistency", "global", .. wait], [.. points, .. wait])];
    }
}
