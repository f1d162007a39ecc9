// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Apply and revert again and again on busy threads, by each policy: time to arm, stops, bytes added, controller memory.</summary>
internal sealed class ArmingAndStops : IMeasurement
{
    private const int Cycles = 100;
    private const int BusyThreads = 4;
    private const long LongestNs = 45_000_000_000; // a policy on a machine that is busy with other things: fewer cycles then
    private static readonly TimeSpan BetweenStops = TimeSpan.FromMilliseconds(30);

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
        List<double> stopAll = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            // Threads that have just been let go stop at once: they must have run for a while, as they have when wfpatch comes.
            await Task.Delay(BetweenStops, cancel);
            stopAll.Add(StopTheWorld.MeasureUs(baseline.Process));
        }
        await baseline.DisposeAsync();
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", $"{BusyThreads}"] }, cancel);
        TargetSize before = TargetSize.Of(target.Id);
        TargetSize first = before;
        List<ToolReport> applied = [];
        for (long end = MonotonicClock.NowNs + LongestNs; applied.Count < Cycles && MonotonicClock.NowNs < end;)
        {
            applied.Add((await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", policy, .. SampleDemo.Arguments], cancel)).OrThrow());
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
            if (applied.Count == 1)
            {
                // After a second command: what that reads of the target may need a page table where nothing was before.
                first = TargetSize.Of(target.Id);
            }
        }
        return [.. Figures(policy, applied, [.. stopAll]), Growth(policy, applied, before, first, TargetSize.Of(target.Id))];
    }

    private static ImmutableArray<Figure> Figures(string policy, List<ToolReport> applied, ImmutableArray<double> stopAll)
    {
        ImmutableArray<double> arm = [.. applied.Select(report => report.ArmUs / Math.Max(1, report.Functions.Length))];
        ImmutableArray<double> stops = [.. applied.Select(report => (double)report.Stops)];
        ImmutableArray<double> busyStopped = [.. applied.Select(report => (double)report.Threads.Count(thread => IsBusy(thread) && thread.How == "outside"))];
        ImmutableArray<double> longest = [.. applied.Select(report => report.LongestStopUs)];
        ImmutableArray<double> held = [.. applied.Select(report => report.LongestHeldUs)], each = [.. applied.SelectMany(report => report.HeldUs)];
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
            new($"longest stop, p50 ({policy})", "us", Statistics.Median(longest), stopAllUs, StopAllIs, null, $"{with}; the longest of each apply; {Statistics.Spread(longest)}", longest),
            new($"longest stop, p99 ({policy})", "us", Statistics.At(longest, 0.99), Statistics.At(stopAll, 0.99), "stop all threads and let them go, p99", null,
                $"{with}; from asking for the stop, so it holds the wait for a processor", []),
            new($"time held, p50 ({policy})", "us", Statistics.Median(each), stopAllUs, StopAllIs, null, $"{with}; all {each.Length} stops, from the thread's standing still to letting go; {Statistics.Spread(each)}", each),
            new($"time held, p99 ({policy})", "us", Statistics.At(each, 0.99), Statistics.At(stopAll, 0.99), "stop all threads and let them go, p99", 100, $"{with}; all {each.Length} stops", []),
            new($"longest time held, p50 ({policy})", "us", Statistics.Median(held), stopAllUs, StopAllIs, null, $"{with}; the longest of each apply; {Statistics.Spread(held)}", held),
            new($"longest time held, p99 ({policy})", "us", Statistics.At(held, 0.99), Statistics.At(stopAll, 0.99), "stop all threads and let them go, p99", null,
                $"{with}; the longest of each apply", []),
            new($"transition ({policy})", "us", Statistics.Median(transition), null, "", null, $"{with}; {Statistics.Spread(transition)}", transition),
        ];
    }

    private static Figure Growth(string policy, List<ToolReport> applied, TargetSize before, TargetSize first, TargetSize last) =>
        new($"memory that {applied.Count} cycles add ({policy})", "KiB", (last - first).ResidentKiB, (first - before).ResidentKiB, "what the first one added", 0,
            $"{applied[0].Functions.Length} functions, applied and taken back; mapped {(last - first).MappedKiB}", []);

    private static bool IsBusy(ReportedThread thread) => thread.Name.StartsWith("busy-", StringComparison.Ordinal);
}
