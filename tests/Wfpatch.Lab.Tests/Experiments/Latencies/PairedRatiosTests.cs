// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Latencies;

/// <summary>Quantiles of windows together, their ratios, and the intervals that the bootstrap gives.</summary>
public sealed class PairedRatiosTests
{
    /// <summary>Three digits of an HdrHistogram.</summary>
    private const double Grain = 1.001;

    private static readonly Gen<ImmutableArray<int>> Window = Gen.Int[1, 100_000].Array[1, 60].Select(values => values.ToImmutableArray());

    [Fact]
    public void Windows_together_are_as_all_their_requests_in_one() =>
        (from windows in Window.Array[1, 5] from chosen in Gen.Int[0, windows.Length - 1].Array[1, 6] select (windows, chosen)).Check(sample =>
        {
            int[] sorted = [.. sample.chosen.SelectMany(at => sample.windows[at]).Order()];
            Quantiles together = new Tally(sample.windows).Together(sample.chosen);
            foreach ((double share, double got) in (ReadOnlySpan<(double, double)>)[(0.5, together.P50), (0.99, together.P99), (0.999, together.P999), (1, together.Max)])
            {
                int wanted = sorted[Math.Max(1, (int)Math.Ceiling(share * sorted.Length)) - 1];
                Assert.InRange(got, wanted, wanted * Grain);
            }
        });

    [Fact]
    public void No_requests_have_no_quantiles() => Assert.True(double.IsNaN(new Tally([[]]).Together([0]).P999));

    [Fact]
    public void Equal_windows_have_a_ratio_of_one_for_certain() => Window.Array[2, 6].Check(windows =>
    {
        PairedRatios ratios = PairedRatios.Of([.. windows.Select(window => (window, window))], 1);
        Quantiles one = new(1, 1, 1, 1);
        Assert.Equal((one, one, one), (ratios.Ratio, ratios.Low, ratios.High));
    });

    [Fact]
    public void What_takes_three_times_as_long_is_told_so_and_the_interval_says_how_sure_that_is()
    {
        Chance chance = new(7);
        ImmutableArray<ImmutableArray<int>> without = [.. Enumerable.Range(0, 12).Select(_ => Draw(chance, 1))];
        PairedRatios ratios = PairedRatios.Of([.. without.Select(window => (window, Draw(chance, 3)))], 1);
        Assert.InRange(ratios.Ratio.P50, 2.8, 3.2);
        Assert.InRange(ratios.Ratio.P99, ratios.Low.P99, ratios.High.P99);
        Assert.InRange(ratios.Low.P99, 2.5, 3);
        Assert.InRange(ratios.High.P99, 3, 3.5);
    }

    [Fact]
    public void One_window_that_stands_out_makes_the_interval_wide()
    {
        ImmutableArray<int> quiet = [.. Enumerable.Repeat(100, 1000)], slow = [.. Enumerable.Repeat(100, 900), .. Enumerable.Repeat(10_000, 100)];
        PairedRatios ratios = PairedRatios.Of([(quiet, slow), .. Enumerable.Repeat((quiet, quiet), 5)], 1);
        Assert.Equal(1, ratios.Low.P99, 0.01);
        Assert.Equal(100, ratios.High.P99, 1.0);
    }

    [Fact]
    public void The_same_seed_draws_the_same() => (from windows in Window.Array[2, 6] from seed in Gen.ULong select (windows, seed)).Check(
        sample => Assert.Equal(Of(sample.windows, sample.seed), Of(sample.windows, sample.seed)),
        count: 20);

    private static PairedRatios Of(ImmutableArray<int>[] windows, ulong seed) => PairedRatios.Of([.. windows.Zip(windows.Reverse())], seed);

    private static ImmutableArray<int> Draw(Chance chance, int scale) => [.. Enumerable.Range(0, 2000).Select(_ => scale * (100 + chance.Next(100)))];
}
