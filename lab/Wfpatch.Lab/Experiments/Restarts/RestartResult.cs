// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>All changes of one way together.</summary>
/// <param name="Way">"patch" or "restart".</param>
/// <param name="TookMs">Each of them.</param>
/// <param name="WorstMs">The slowest request of each.</param>
/// <param name="Failed">Of all requests.</param>
public sealed record RestartResult(string Way, int Times, Spread TookMs, Spread WorstMs, long Requests, long Failed)
{
    internal static ImmutableArray<RestartResult> Of(RestartRun run) =>
    [
        .. from sample in run.Samples
           group sample by sample.Way into way
           select new RestartResult(
               way.Key, way.Count(), Spread.Of([.. way.Select(sample => sample.TookMs)]), Spread.Of([.. way.Select(sample => sample.WorstMs)]), way.Sum(sample => sample.Requests), way.Sum(sample => sample.Failed)),
    ];
}
