// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using HdrHistogram;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>
/// How often each latency came in each of several windows, on one axis, so that windows can be added up in any choice, again and again. The axis has the values that an
/// HdrHistogram of three digits can tell apart.
/// </summary>
internal sealed class Tally
{
    private const int Digits = 3;

    private readonly long[] _values;
    private readonly ImmutableArray<int[]> _counts;

    /// <param name="windows">Latencies in microseconds, from 1 on.</param>
    internal Tally(IEnumerable<ImmutableArray<int>> windows)
    {
        ImmutableArray<ImmutableArray<(long Value, int Count)>> all = [.. windows.Select(Count)];
        _values = [.. all.SelectMany(window => window.Select(bar => bar.Value)).Distinct().Order()];
        _counts = [.. all.Select(Spread)];
    }

    /// <summary>The quantiles of these windows together; one that is named twice counts twice. Each is a value that so great a share is not above.</summary>
    internal Quantiles Together(ReadOnlySpan<int> windows)
    {
        int[] sum = new int[_values.Length];
        long total = 0;
        foreach (int window in windows)
        {
            int[] counts = _counts[window];
            for (int at = 0; at < sum.Length; at++)
            {
                sum[at] += counts[at];
                total += counts[at];
            }
        }
        return total == 0 ? new(double.NaN, double.NaN, double.NaN, double.NaN) : new(At(sum, total, 0.5), At(sum, total, 0.99), At(sum, total, 0.999), At(sum, total, 1));
    }

    private double At(int[] sum, long total, double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * total));
        int at = 0;
        for (long below = sum[0]; below < wanted; below += sum[at])
        {
            at++;
        }
        return _values[at];
    }

    private static ImmutableArray<(long Value, int Count)> Count(ImmutableArray<int> latencies)
    {
        LongHistogram histogram = new(1, int.MaxValue, Digits);
        foreach (int latency in latencies)
        {
            histogram.RecordValue(latency);
        }
        return [.. histogram.RecordedValues().Select(bar => (histogram.HighestEquivalentValue(bar.ValueIteratedTo), (int)bar.CountAtValueIteratedTo))];
    }

    private int[] Spread(ImmutableArray<(long Value, int Count)> bars)
    {
        int[] counts = new int[_values.Length];
        foreach ((long value, int count) in bars)
        {
            counts[Array.BinarySearch(_values, value)] = count;
        }
        return counts;
    }
}
