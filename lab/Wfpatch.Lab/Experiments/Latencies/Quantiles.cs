// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>What the tail of a distribution is told by; of latencies in microseconds, or of their ratios.</summary>
public readonly record struct Quantiles(double P50, double P99, [property: JsonPropertyName("p999")] double P999, double Max)
{
    internal static Quantiles Ratio(Quantiles one, Quantiles other) => new(one.P50 / other.P50, one.P99 / other.P99, one.P999 / other.P999, one.Max / other.Max);
}
