// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Core.Tests.Addresses;
using Wfpatch.Testing.Simulation;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>
/// Thousands of random schedules of threads and controllers on the bytes that would be in a target: no request runs two
/// versions, no thread is led to an address that is no version, after the end everybody gets the right one, a number that
/// a thread may have is never used again, a controller that is killed after any store harms nobody, and an audit after any
/// store finds all as the state says.
/// </summary>
public sealed class ScheduleTests(ITestOutputHelper output)
{
    [Fact]
    public void PointsAreNeverMixed() => Run(points: true, 700);

    [Fact]
    public void StacksAreNeverMixed() => Run(points: false, 700);

    /// <summary>Nobody is in the new generation who was not chosen and descends from none; who descends from one is.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CanariesAreChosenOrInherit(bool points)
    {
        SimulationTotals totals = new();
        Seeded.Check(Options(points), 700, o => totals.Add(Simulation.Run(o with { Canaries = true })));
        output.WriteLine(totals.ToString());
        Assert.True(totals is { Tried: > 200, Heirs: > 50, Settled: > 300, Reversed: > 200, Crashes: > 500, Births: > 200, Audits: > 20_000 }, totals.ToString());
    }

    /// <summary>Global and local transitions in turn, on the same banks: no two threads execute different versions in a global one, given up or not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GlobalTransitionsKeepVersionsApart(bool points)
    {
        SimulationTotals totals = new();
        Seeded.Check(Options(points), 700, o => totals.Add(Simulation.Run(o with { Globals = true })));
        output.WriteLine(totals.ToString());
        Assert.True(totals is { Flipped: > 200, GivenUp: > 100, Settled: > 500, Reversed: > 50, Crashes: > 500, Births: > 200, Audits: > 20_000 }, totals.ToString());
    }

    /// <summary>Patches that take all others out of force, with canaries and as global ones, too; patches under them that change other functions.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PatchesThatReplaceAllAreNeverMixed(bool points)
    {
        SimulationTotals totals = new();
        Seeded.Check(Gen.Select(Options(points), Gen.Bool, Gen.Bool), 700, o => totals.Add(Simulation.Run(o.Item1 with { Replaces = true, Canaries = o.Item2, Globals = o.Item3 })));
        output.WriteLine(totals.ToString());
        Assert.True(totals is { Replaced: > 50, Settled: > 500, Reversed: > 100, Cancelled: > 100, Crashes: > 500, Births: > 200, Audits: > 20_000 }, totals.ToString());
    }

    /// <summary>The simulation is worth something: each of these mistakes is found.</summary>
    [Theory]
    [InlineData(SimulatedMistake.ClosesHooksFirst, false)]
    [InlineData(SimulatedMistake.CancelsForGood, false)]
    [InlineData(SimulatedMistake.KeepsBankOfCancelled, false)]
    [InlineData(SimulatedMistake.ForgetsTrampolines, false)]
    [InlineData(SimulatedMistake.ForgetsRequests, true)]
    [InlineData(SimulatedMistake.SettlesEarly, true)]
    [InlineData(SimulatedMistake.EvictsLate, true)]
    [InlineData(SimulatedMistake.OpensStartForCanaries, false, true)]
    [InlineData(SimulatedMistake.WithdrawsInTrampolines, true, true)]
    [InlineData(SimulatedMistake.FlipsEarly, false, false, true)]
    [InlineData(SimulatedMistake.ForgetsTrampolines, false, false, true)]
    [InlineData(SimulatedMistake.CancelsForGood, false, false, true)]
    [InlineData(SimulatedMistake.SettlesNewOnes, true, false, false, true)]
    public void MistakesAreFound(SimulatedMistake mistake, bool points, bool canaries = false, bool globals = false, bool replaces = false)
    {
        var found = Assert.ThrowsAny<Exception>(() => Seeded.Check(Options(points), 8_000, o => Simulation.Run(o with { Mistake = mistake, Canaries = canaries, Globals = globals, Replaces = replaces })));
        Assert.Contains(nameof(SimulationException), found.Message, StringComparison.Ordinal);
    }

    private void Run(bool points, int count)
    {
        SimulationTotals totals = new();
        Seeded.Check(Options(points), count, o => totals.Add(Simulation.Run(o)));
        output.WriteLine(totals.ToString());
        Assert.True(totals is { Settled: > 500, Reversed: > 200, Cancelled: > 200, Crashes: > 500, Births: > 200, Signals: > 2_000, Calls: > 50_000, Audits: > 20_000 }, totals.ToString());
    }

    private static Gen<SimulationOptions> Options(bool points) => Gen.Select(
        Gen.Int[0, int.MaxValue], Gen.Int[1, 8], Gen.Int[1, 8], Gen.Int[1, 4], Gen.Int[500, 6000], Gen.Int[0, 3],
        (seed, threads, functions, patches, ticks, crashes) => new SimulationOptions(
            seed, points, threads, functions, Patches(seed, functions, patches, all: !points), ticks, crashes switch { 0 => 0, 1 => 40, 2 => 150, _ => 500 }));

    /// <summary>Under the stack policy a patch replaces all functions: a call is consistent with regard to one patch.</summary>
    private static ImmutableArray<ImmutableArray<int>> Patches(int seed, int functions, int count, bool all)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, functions).Where(f => all || random.Next(2) == 0).DefaultIfEmpty(0).ToImmutableArray())];
    }
}
