// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>
/// Quantiles with patches to those without, of windows that belong together in pairs, with intervals of confidence by the bootstrap: pairs, not requests, are drawn again,
/// since requests of one window are not independent of each other (Efron and Tibshirani, An Introduction to the Bootstrap, 1993: percentile intervals, chapter 13).
/// </summary>
/// <param name="With">Of all windows with patches together, in microseconds.</param>
/// <param name="Without">And without.</param>
/// <param name="Low">The lower ends of the intervals in which 95 of 100 drawn ratios lie.</param>
/// <param name="High">The upper ends.</param>
public sealed record PairedRatios(Quantiles With, Quantiles Without, Quantiles Ratio, Quantiles Low, Quantiles High)
{
    internal const int Draws = 1000;
    private const double Outside = 0.025;

    /// <param name="pairs">Latencies of a window without patches, and of the one with them.</param>
    internal static PairedRatios Of(ImmutableArray<(ImmutableArray<int> Without, ImmutableArray<int> With)> pairs, ulong seed)
    {
        Tally without = new(pairs.Select(pair => pair.Without)), with = new(pairs.Select(pair => pair.With));
        int[] all = [.. Enumerable.Range(0, pairs.Length)];
        Quantiles observedWith = with.Together(all), observedWithout = without.Together(all);
        Chance chance = new(seed);
        Quantiles[] drawn = new Quantiles[Draws];
        int[] chosen = new int[pairs.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            for (int at = 0; at < chosen.Length; at++)
            {
                chosen[at] = chance.Next(pairs.Length);
            }
            drawn[draw] = Quantiles.Ratio(with.Together(chosen), without.Together(chosen));
        }
        return new(observedWith, observedWithout, Quantiles.Ratio(observedWith, observedWithout), End(drawn, Outside), End(drawn, 1 - Outside));
    }

    private static Quantiles End(Quantiles[] drawn, double share) => new(
        Bench.Statistics.At(drawn.Select(ratio => ratio.P50), share), Bench.Statistics.At(drawn.Select(ratio => ratio.P99), share),
        Bench.Statistics.At(drawn.Select(ratio => ratio.P999), share), Bench.Statistics.At(drawn.Select(ratio => ratio.Max), share));
}
