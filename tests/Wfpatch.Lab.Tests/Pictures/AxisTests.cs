// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Pictures;
using Xunit;

namespace Wfpatch.Lab.Tests.Pictures;

/// <summary>Scales, and what of them is named.</summary>
public sealed class AxisTests
{
    [Theory]
    [InlineData(0, 6, "0 1 2 3 4 5 6")]
    [InlineData(0, 100, "0 20 40 60 80 100")]
    [InlineData(3, 8.5, "3 4 5 6 7 8 9")]
    [InlineData(0, 0.5, "0 0.1 0.2 0.3 0.4 0.5")]
    public void Linear_steps_are_round_and_hold_all_values(double low, double high, string names)
    {
        Axis axis = Axis.Linear("", low, high);
        Assert.Equal(names, string.Join(' ', axis.Ticks.Select(tick => tick.Name)));
        Assert.True(axis.Low <= low && axis.High >= high, $"{axis.Low} to {axis.High}");
    }

    [Theory]
    [InlineData(120, 45_000, "100 us,1 ms,10 ms,100 ms")]
    [InlineData(1, 1, "1 us,10 us")]
    [InlineData(1000, 2e6, "1 ms,10 ms,100 ms,1 s,10 s")]
    public void Times_are_powers_of_ten_in_units_that_suit_them(double low, double high, string names) =>
        Assert.Equal(names, string.Join(',', Axis.LogTime("", low, high).Ticks.Select(tick => tick.Name)));

    [Theory]
    [InlineData(10, 0)]
    [InlineData(100, 0.5)]
    [InlineData(1000, 1)]
    [InlineData(5, 0)]
    [InlineData(1e9, 1)]
    public void Values_beyond_the_ends_are_at_them(double value, double at) => Assert.Equal(at, Axis.Log("", 10, 1000).At(value), 1e-9);
}
