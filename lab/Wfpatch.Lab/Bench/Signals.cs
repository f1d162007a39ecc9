// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>A target whose thread gets signals as fast as it handles them, with handlers that end its call and that restart it
/// (SA_RESTART): what a transition takes, beside one without signals.</summary>
internal sealed class Signals : IMeasurement
{
    private const int Cycles = 20, SignalsAtOnce = 200;

    public string Name => "signals";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel) =>
        [.. await MeasureAsync("signals", "calls that end", cancel), .. await MeasureAsync("restarted", "calls that restart", cancel)];

    private static async Task<ImmutableArray<Figure>> MeasureAsync(string program, string kind, CancellationToken cancel)
    {
        TargetSource source = TargetSource.Find(program);
        string patch = RepositoryRoot.Combine("out", "bench", $"{program}.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(patch)!);
        await WfpatchTool.BuildAsync(await source.ObjectsAsync(1, cancel: cancel), await source.ObjectsAsync(2, cancel: cancel), patch, cancel: cancel);
        await using TestTarget target = await TestTarget.StartAsync(program, cancel: cancel);
        ImmutableArray<ToolReport> quiet = await CyclesAsync(patch, target.Id, cancel);
        Task<ImmutableArray<ToolReport>> storm = CyclesAsync(patch, target.Id, cancel);
        long sent = 0;
        string report = "";
        long began = Stopwatch.GetTimestamp();
        for (; !storm.IsCompleted; sent += SignalsAtOnce)
        {
            report = await target.AskAsync($"signal {SignalsAtOnce}", cancel);
        }
        double perSecond = sent / Stopwatch.GetElapsedTime(began).TotalSeconds;
        ImmutableArray<ToolReport> applied = await storm;
        long expected = program == "signals" ? sent : 0;
        bool isRight = report == $"sent {sent} handled {sent} interrupted {expected}";
        string note = $"{perSecond:f0} signals a second, {applied.Sum(a => a.Stops)} stops in {Cycles} cycles";
        return
        [
            Figure.MustBeZero($"signals lost or invented, {kind}", isRight ? 0 : 1, $"{report}; {note}"),
            Beside($"longest time held under signals, {kind}", applied, quiet, a => a.LongestHeldUs, 100, note),
            Beside($"transition under signals, {kind}", applied, quiet, a => a.TransitionUs, null, note),
        ];
    }

    private static async Task<ImmutableArray<ToolReport>> CyclesAsync(string patch, int pid, CancellationToken cancel)
    {
        List<ToolReport> applied = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            applied.Add((await WfpatchTool.ApplyAsync(patch, pid, cancel: cancel)).OrThrow());
            (await WfpatchTool.RevertAsync(pid, cancel: cancel)).OrThrow();
        }
        return [.. applied];
    }

    private static Figure Beside(string name, ImmutableArray<ToolReport> storm, ImmutableArray<ToolReport> quiet, Func<ToolReport, double> of, double? goal, string note)
    {
        ImmutableArray<double> values = [.. storm.Select(of)];
        return new(name, "us", Statistics.Median(values), Statistics.Median([.. quiet.Select(of)]), "without signals", goal, $"{note}; {Statistics.Spread(values)}", values);
    }
}
