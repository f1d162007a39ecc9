// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;
using HdrHistogram;

namespace Wfpatch.Lab.Loads;

/// <summary>Percentiles of request latency in microseconds, from the time a request was due until its reply was read.</summary>
public readonly record struct Latency(
    [property: JsonPropertyName("p50_us")] double P50Us,
    [property: JsonPropertyName("p99_us")] double P99Us,
    [property: JsonPropertyName("p999_us")] double P999Us)
{
    /// <param name="histogram">Values in nanoseconds.</param>
    public static Latency Of(HistogramBase histogram) => histogram.TotalCount == 0
        ? default
        : new(At(histogram, 50), At(histogram, 99), At(histogram, 99.9));

    private static double At(HistogramBase histogram, double percentile) =>
        Math.Round(histogram.GetValueAtPercentile(percentile) / 1000.0, 1);
}
