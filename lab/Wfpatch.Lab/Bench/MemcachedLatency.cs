// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Latency of memcached with a patch or a revert every 1.5 s against none: windows of 1.5 s in turn, of which every third
/// has a patch; four of each kind make a round, and each round gives a ratio. The two kinds without a patch, compared with each
/// other, show what the machine does by itself.</summary>
internal sealed class MemcachedLatency : IMeasurement
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 6000;
    private const int Rounds = 10;
    private const int PatchesInRound = 4;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1.5);

    private readonly List<(Latency Without, Latency Control, Latency With)> _rounds = [];
    private LoadCounts _counts;
    private bool _isPatched;

    public string Name => "memcached";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        await using IDemoTarget target = await MemcachedDemo.StartAsync(cancel);
        string patch = await target.BuildPatchAsync(cancel);
        using LoadGenerator load = new(target.Connect, Connections, RequestsPerSecond);
        LoadWindow warmUp = new("warm-up");
        await WatchAsync(load, warmUp, Period, cancel);
        await using Starter starter = new();
        for (int round = 0; round < Rounds; round++)
        {
            LoadWindow without = new("without");
            LoadWindow control = new("control");
            LoadWindow with = new("with");
            for (int n = 0; n < PatchesInRound; n++)
            {
                await WatchAsync(load, without, Period, cancel);
                await WatchAsync(load, control, Period, cancel);
                Task<LoadWindow> period = WatchAsync(load, with, Period, cancel);
                await starter.RunAsync(NextChange(target, patch), cancel);
                await period;
            }
            _rounds.Add((without.Latency, control.Latency, with.Latency));
            _counts += without.Counts + control.Counts + with.Counts;
        }
        return [Figure("p50", latency => latency.P50Us), Figure("p99", latency => latency.P99Us), Figure("p99.9", latency => latency.P999Us), Ratio(), Errors()];
    }

    private static async Task<LoadWindow> WatchAsync(LoadGenerator load, LoadWindow window, TimeSpan length, CancellationToken cancel)
    {
        await load.WatchAsync(window, length, length, _ => { }, cancel);
        return window;
    }

    private ImmutableArray<string> NextChange(IDemoTarget target, string patch)
    {
        _isPatched = !_isPatched;
        return _isPatched
            ? [WfpatchTool.Path, "apply", patch, "--pid", $"{target.Pid}", .. target.ApplyArguments]
            : [WfpatchTool.Path, "revert", "--pid", $"{target.Pid}"];
    }

    private Figure Figure(string name, Func<Latency, double> choose)
    {
        ImmutableArray<double> with = [.. _rounds.Select(round => choose(round.With))];
        ImmutableArray<double> without = [.. _rounds.Select(round => choose(round.Without))];
        return new($"memcached {name}, a patch every {Period.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", "us", Statistics.Median(with), Statistics.Median(without),
            "windows without a patch", null, $"with: {Statistics.Spread(with)}; without: {Statistics.Spread(without)}", with);
    }

    private Figure Ratio()
    {
        ImmutableArray<double> ratios = [.. _rounds.Select(round => Ratio(round.With, round.Without))];
        ImmutableArray<double> controls = [.. _rounds.Select(round => Ratio(round.Control, round.Without))];
        return new("memcached p99.9, with to without", "x", Statistics.Median(ratios), Statistics.Median(controls), "other windows without a patch", 1.02,
            $"{Statistics.Spread(ratios)}; windows without a patch to each other: {Statistics.Spread(controls)}", ratios);
    }

    private static double Ratio(Latency one, Latency other) => Math.Round(one.P999Us / other.P999Us, 3);

    // A connection sees the old version again after each revert: that is no mixed reply here.
    private Figure Errors() =>
        new("memcached errors", "", _counts.Errors, 0, "none", 0, $"wrong replies and lost connections in {_counts.Requests} requests", []);
}
