// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>All that was measured of one server.</summary>
/// <param name="Impossible">Methods that this patch or this server cannot be patched by, and why.</param>
/// <param name="FailedElsewhere">Failed requests that belong to no window: before the first, between two, and those that take long.</param>
/// <param name="LongRequests">Requests that take long.</param>
public sealed record LatencyRun(
    LatencyConditions Conditions, ImmutableArray<LatencyWindow> Windows, ImmutableArray<ImpossibleMethod> Impossible, long FailedElsewhere, long LongRequests)
{
    public long Requests => Windows.Sum(window => window.Due.Length) + LongRequests;

    public long Failed => Windows.Sum(window => window.Failed) + FailedElsewhere;
}

public sealed record ImpossibleMethod(string Method, string Why);
