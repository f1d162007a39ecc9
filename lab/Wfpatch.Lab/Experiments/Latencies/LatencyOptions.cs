// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>How long, how often, how much.</summary>
/// <param name="Seconds">All windows together.</param>
/// <param name="WindowSeconds">Each of them.</param>
/// <param name="PeriodSeconds">From one patch to the next.</param>
/// <param name="LimitSeconds">How long a method may take for one; what needs longer is a failure of the method.</param>
/// <param name="Connections">Of the load.</param>
/// <param name="RequestsPerSecond">All connections together.</param>
/// <param name="Seed">For the order of the methods, for when patches begin, and for the bootstrap.</param>
public sealed record LatencyOptions(
    double Seconds,
    [property: JsonPropertyName("window_seconds")] double WindowSeconds,
    [property: JsonPropertyName("period_seconds")] double PeriodSeconds,
    [property: JsonPropertyName("limit_seconds")] double LimitSeconds,
    int Connections,
    [property: JsonPropertyName("requests_per_second")] double RequestsPerSecond,
    ulong Seed)
{
    public static LatencyOptions Default { get; } = new(420, 3, 1.5, 1, 8, 2000, 1);

    /// <summary>How often each method has its turn.</summary>
    public int Cycles(int methods) => Math.Max(1, (int)Math.Round(Seconds / (2 * WindowSeconds * methods)));
}
