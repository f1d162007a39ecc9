// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Latency of memcached with a patch or a revert every 1.5 s against none: windows in turn, each pair gives a ratio.</summary>
internal sealed class MemcachedLatency : IMeasurement
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 6000;
    private const int Pairs = 5;
    private const int PatchesInWindow = 4;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1.5);

    private readonly List<(Latency Without, Latency With)> _pairs = [];
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
        for (int pair = 0; pair < Pairs; pair++)
        {
            LoadWindow without = new("without");
            LoadWindow with = new("with");
            await WatchAsync(load, without, Period * PatchesInWindow, cancel);
            for (int n = 0; n < PatchesInWindow; n++)
            {
                Task<LoadWindow> period = WatchAsync(load, with, Period, cancel);
                await ChangeAsync(target, patch, cancel);
                await period;
            }
            _pairs.Add((without.Latency, with.Latency));
            _counts += without.Counts + with.Counts;
        }
        return [Figure("p50", latency => latency.P50Us), Figure("p99", latency => latency.P99Us), Figure("p99.9", latency => latency.P999Us), Ratio(), Errors()];
    }

    private static async Task<LoadWindow> WatchAsync(LoadGenerator load, LoadWindow window, TimeSpan length, CancellationToken cancel)
    {
        await load.WatchAsync(window, length, length, _ => { }, cancel);
        return window;
    }

    private async Task ChangeAsync(IDemoTarget target, string patch, CancellationToken cancel)
    {
        ToolReport report = _isPatched
            ? await WfpatchTool.RevertAsync(target.Pid, cancel: cancel)
            : await WfpatchTool.ApplyAsync(patch, target.Pid, target.ApplyArguments, cancel);
        report.OrThrow();
        _isPatched = !_isPatched;
    }

    private Figure Figure(string name, Func<Latency, double> choose)
    {
        ImmutableArray<double> with = [.. _pairs.Select(pair => choose(pair.With))];
        ImmutableArray<double> without = [.. _pairs.Select(pair => choose(pair.Without))];
        return new($"memcached {name}, a patch every {Period.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", "us", Statistics.Median(with), Statistics.Median(without),
            "windows without a patch", null, $"with: {Statistics.Spread(with)}; without: {Statistics.Spread(without)}", with);
    }

    private Figure Ratio()
    {
        ImmutableArray<double> ratios = [.. _pairs.Select(pair => Math.Round(pair.With.P999Us / pair.Without.P999Us, 3))];
        return new("memcached p99.9, with to without", "x", Statistics.Median(ratios), 1, "no difference", 1.02, Statistics.Spread(ratios), ratios);
    }

    // A connection sees the old version again after each revert: that is no mixed reply here.
    private Figure Errors() =>
        new("memcached errors", "", _counts.Errors, 0, "none", 0, $"wrong replies and lost connections in {_counts.Requests} requests", []);
}
