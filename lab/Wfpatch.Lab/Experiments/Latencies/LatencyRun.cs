// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>All that was measured of one server so far.</summary>
/// <param name="Cycles">How often each method has had its turn. In windows of a run that was interrupted and went on, times count from when it went on.</param>
/// <param name="Impossible">Methods that this patch or this server cannot be patched by, and why.</param>
/// <param name="FailedElsewhere">Failed requests that belong to no window: before the first, between two, and those that take long.</param>
/// <param name="LongRequests">Requests that take long.</param>
public sealed record LatencyRun(
    RunConditions<LatencyOptions> Conditions, int Cycles, ImmutableArray<LatencyWindow> Windows, ImmutableArray<ImpossibleMethod> Impossible, long FailedElsewhere, long LongRequests)
{
    internal static LatencyRun Begin(RunConditions<LatencyOptions> conditions) => new(conditions, 0, [], [], 0, 0);

    /// <summary>Whether it was made under the same conditions, and is not at its end: then it can go on.</summary>
    internal bool CanGoOn(RunConditions<LatencyOptions> now) =>
        Conditions.AreMetBy(now) && Cycles < Conditions.Options.Cycles(PatchMethods.Names.Length);

    public long Requests => Windows.Sum(window => window.Due.Length) + LongRequests;

    public long Failed => Windows.Sum(window => window.Failed) + FailedElsewhere;
}

public sealed record ImpossibleMethod(string Method, string Why);
