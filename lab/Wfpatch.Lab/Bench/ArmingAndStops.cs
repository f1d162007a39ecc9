// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Apply and revert again and again on busy threads, by each policy: time to arm, stops, bytes added, controller memory.</summary>
internal sealed class ArmingAndStops : IMeasurement
{
    private const int Cycles = 20;
    private const int BusyThreads = 4;

    public string Name => "arming";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await SampleDemo.BuildPatchAsync(2, cancel);
        List<Figure> figures = [];
        foreach (string policy in (string[])["points", "stack"])
        {
            figures.AddRange(await MeasureAsync(policy, patch, cancel));
        }
        return [.. figures];
    }

    private static async Task<ImmutableArray<Figure>> MeasureAsync(string policy, string patch, CancellationToken cancel)
    {
        // The baseline has a target of its own: SIGSTOP makes epoll_wait fail with EINTR (signal(7)), which the sample takes as a fault.
        await using TestTarget baseline = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", $"{BusyThreads}", "--no-idle"] }, cancel);
        ImmutableArray<double> stopAll = [.. Enumerable.Range(0, Cycles).Select(_ => StopTheWorld.MeasureUs(baseline.Process))];
        await baseline.DisposeAsync();
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", $"{BusyThreads}"] }, cancel);
        long mapped = ProcessMemory.MappedKiB(target.Id);
        long added = 0;
        List<ToolReport> applied = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            applied.Add((await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", policy, .. SampleDemo.Arguments], cancel)).OrThrow());
            if (cycle == 0)
            {
                added = ProcessMemory.MappedKiB(target.Id) - mapped;
            }
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return Figures(policy, applied, stopAll, added, new FileInfo(patch).Length / 1024.0, ProcessMemory.MappedKiB(target.Id) - mapped);
    }

    private static ImmutableArray<Figure> Figures(
        string policy, List<ToolReport> applied, ImmutableArray<double> stopAll, long addedKiB, double patchKiB, long leftKiB)
    {
        ImmutableArray<double> arm = [.. applied.Select(report => report.ArmUs / Math.Max(1, report.Functions.Length))];
        ImmutableArray<double> stops = [.. applied.Select(report => (double)report.Stops)];
        ImmutableArray<double> busyStopped = [.. applied.Select(report => (double)report.Threads.Count(thread => IsBusy(thread) && thread.How == "outside"))];
        ImmutableArray<double> longest = [.. applied.Select(report => report.LongestStopUs)];
        ImmutableArray<double> transition = [.. applied.Select(report => report.TransitionUs)];
        int functions = applied[0].Functions.Length;
        string with = $"{policy}, {BusyThreads} busy threads";
        const string StopAllIs = "stop all threads and let them go, median";
        double stopAllUs = Statistics.Median(stopAll);
        return
        [
            new($"arming a function ({policy})", "us", Statistics.Median(arm), stopAllUs, StopAllIs, 50, $"{with}; {functions} functions; {Statistics.Spread(arm)}", arm),
            new($"stops ({policy})", "", Statistics.Median(stops), null, "", null, $"{with}; {Statistics.Spread(stops)}; the idle threads are stopped, too", stops),
            new($"busy threads stopped ({policy})", "", busyStopped.Max(), BusyThreads, "all of them", policy == "points" ? 0 : null, $"{with}; {Statistics.Spread(busyStopped)}", busyStopped),
            new($"longest stop ({policy})", "us", Statistics.At(longest, 0.99), stopAllUs, StopAllIs, 100, $"{with}; p99 of {Statistics.Spread(longest)}", longest),
            new($"transition ({policy})", "us", Statistics.Median(transition), null, "", null, $"{with}; {Statistics.Spread(transition)}", transition),
            new($"mapped by the first patch ({policy})", "KiB", addedKiB, patchKiB, "the patch file", 64, $"{functions} functions; after {Cycles} cycles of apply and revert: {leftKiB} KiB", [addedKiB]),
        ];
    }

    private static bool IsBusy(ReportedThread thread) => thread.Name.StartsWith("busy-", StringComparison.Ordinal);
}
