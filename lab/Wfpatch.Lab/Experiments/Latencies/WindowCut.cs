// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>Gives each request of a load to the window in which it was due, whenever its reply came.</summary>
internal static class WindowCut
{
    private const int NsInUs = 1000;

    /// <param name="samples">In any order.</param>
    /// <param name="startNs">What the windows' times count from.</param>
    /// <param name="windows">In order; none overlaps another.</param>
    /// <returns>The windows with their requests, and how many failed that are in none.</returns>
    internal static (ImmutableArray<LatencyWindow> Windows, long FailedElsewhere) Fill(IEnumerable<Sample> samples, long startNs, ImmutableArray<LatencyWindow> windows)
    {
        Sample[] sorted = [.. samples.OrderBy(sample => sample.DueNs)];
        var filled = ImmutableArray.CreateBuilder<LatencyWindow>(windows.Length);
        int at = 0;
        long elsewhere = 0;
        foreach (LatencyWindow window in windows)
        {
            for (; at < sorted.Length && DueOf(sorted[at]) < window.Begin; at++)
            {
                elsewhere += IsFailed(sorted[at]) ? 1 : 0;
            }
            int end = at;
            while (end < sorted.Length && DueOf(sorted[end]) < window.End)
            {
                end++;
            }
            filled.Add(Fill(window, sorted.AsSpan(at, end - at), startNs));
            at = end;
        }
        return (filled.ToImmutable(), elsewhere + sorted.AsSpan(at).ToArray().Count(IsFailed));

        long DueOf(Sample sample) => (sample.DueNs - startNs) / NsInUs;
    }

    private static LatencyWindow Fill(LatencyWindow window, ReadOnlySpan<Sample> samples, long startNs)
    {
        var due = ImmutableArray.CreateBuilder<int>(samples.Length);
        var latencies = ImmutableArray.CreateBuilder<int>(samples.Length);
        PatchAttempt[] patches = [.. window.Patches];
        long failed = 0;
        foreach (Sample sample in samples)
        {
            long at = (sample.DueNs - startNs) / NsInUs;
            int latency = (int)Math.Clamp(sample.LatencyNs / NsInUs, 1, int.MaxValue);
            due.Add((int)(at - window.Begin));
            latencies.Add(latency);
            failed += IsFailed(sample) ? 1 : 0;
            int last = Array.FindLastIndex(patches, patch => patch.Begin <= at);
            // One that was answered when the next patch had begun may have been served behind that.
            long next = last + 1 < patches.Length ? patches[last + 1].Begin : window.End;
            if (last >= 0 && patches[last].Done && patches[last].End < at && at + latency < next)
            {
                patches[last] = patches[last].WithReply(sample.Reply);
            }
        }
        return window with { Due = due.MoveToImmutable(), Latencies = latencies.MoveToImmutable(), Failed = failed, Patches = [.. patches] };
    }

    private static bool IsFailed(Sample sample) => sample.Reply == Reply.Wrong;
}
