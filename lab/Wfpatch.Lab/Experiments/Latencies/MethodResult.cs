// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Wfpatch.Lab.Bench;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>What one method came to on one server.</summary>
/// <param name="Windows">How many with its patches, and as many without.</param>
/// <param name="Failed">Wrong replies and lost connections in them.</param>
/// <param name="Patches">How often it was to apply or to take back.</param>
/// <param name="Missed">How often it was not there within the time limit.</param>
/// <param name="OtherVersion">Replies of the version before, to requests that were due when the new one was said to be in force.</param>
/// <param name="LongestWait">How long one thread stood still at most, in microseconds: the median of all patches, and the largest.</param>
/// <param name="Transition">From the first write to the last thread: the median of those that are done, and the largest.</param>
public sealed record MethodResult(
    string Method,
    int Windows,
    long Requests,
    long Failed,
    PairedRatios Latency,
    int Patches,
    int Missed,
    [property: JsonPropertyName("other_version")] long OtherVersion,
    [property: JsonPropertyName("longest_wait_us")] MedianAndMost LongestWait,
    [property: JsonPropertyName("transition_us")] MedianAndMost Transition)
{
    /// <summary>All methods of a run, in the order of <see cref="PatchMethods.Names"/>.</summary>
    internal static ImmutableArray<MethodResult> Of(LatencyRun run) =>
        [.. PatchMethods.Names.Where(name => run.Windows.Any(window => window.Method == name)).Select(name => Of(run, name))];

    private static MethodResult Of(LatencyRun run, string method)
    {
        ImmutableArray<(LatencyWindow Without, LatencyWindow With)> pairs = PairsOf(run.Windows, method);
        ImmutableArray<PatchAttempt> patches = [.. pairs.SelectMany(pair => pair.With.Patches)];
        ImmutableArray<LatencyWindow> both = [.. pairs.SelectMany(pair => (LatencyWindow[])[pair.Without, pair.With])];
        return new(
            method, pairs.Length, both.Sum(window => window.Due.Length), both.Sum(window => window.Failed),
            PairedRatios.Of([.. pairs.Select(pair => (pair.Without.Latencies, pair.With.Latencies))], run.Conditions.Options.Seed),
            patches.Length, patches.Count(patch => !patch.Done), patches.Sum(patch => patch.ShownBefore),
            MedianAndMost.Of(patches.Select(patch => patch.LongestWait)), MedianAndMost.Of(patches.Where(patch => patch.Done).Select(patch => patch.Transition)));
    }

    /// <summary>The windows of one method, two by two; one whose other half is missing is left out.</summary>
    internal static ImmutableArray<(LatencyWindow Without, LatencyWindow With)> PairsOf(ImmutableArray<LatencyWindow> windows, string method) =>
        [.. windows.Where(window => window.Method == method).GroupBy(window => window.Pair).Where(pair => pair.Count() == 2)
            .Select(pair => (pair.Single(window => !window.IsPatched), pair.Single(window => window.IsPatched)))];
}

/// <summary>Both are 0 where there is nothing.</summary>
public readonly record struct MedianAndMost(double Median, double Most)
{
    internal static MedianAndMost Of(IEnumerable<double> values)
    {
        ImmutableArray<double> all = [.. values];
        return all.IsEmpty ? default : new(Statistics.Median(all), all.Max());
    }
}
