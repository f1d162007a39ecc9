// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Two hundred threads that each serve a request now and then: what arming, a stop and a transition take, by each policy,
/// beside a target with four.</summary>
internal sealed class ManyThreads : IMeasurement
{
    private const int Threads = 200, Few = 4, Cycles = 20;

    /// <summary>Two hundred that never paused would measure the scheduler.</summary>
    private const int PauseUs = 20_000;

    public string Name => "threads";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await SampleDemo.BuildPatchAsync(2, cancel);
        List<Figure> figures = [];
        foreach (string policy in (string[])["points", "stack"])
        {
            ImmutableArray<ToolReport> few = await MeasureAsync(policy, Few, patch, cancel);
            ImmutableArray<ToolReport> many = await MeasureAsync(policy, Threads, patch, cancel);
            figures.Add(Beside($"arming a function, {Threads} threads ({policy})", many, few, report => report.ArmUs / Math.Max(1, report.Functions.Length), 50));
            figures.Add(Beside($"longest stop, {Threads} threads ({policy})", many, few, report => report.LongestStopUs, null));
            figures.Add(Beside($"longest time held, {Threads} threads ({policy})", many, few, report => report.LongestHeldUs, 100));
            figures.Add(Beside($"transition, {Threads} threads ({policy})", many, few, report => report.TransitionUs, null));
        }
        return [.. figures];
    }

    private static async Task<ImmutableArray<ToolReport>> MeasureAsync(string policy, int threads, string patch, CancellationToken cancel)
    {
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", $"{threads}", "--pause", $"{PauseUs}"] }, cancel);
        List<ToolReport> applied = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            applied.Add((await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", policy, .. SampleDemo.Arguments], cancel)).OrThrow());
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return [.. applied];
    }

    private static Figure Beside(string name, ImmutableArray<ToolReport> many, ImmutableArray<ToolReport> few, Func<ToolReport, double> of, double? goal)
    {
        ImmutableArray<double> values = [.. many.Select(of)];
        return new(name, "us", Statistics.Median(values), Statistics.Median([.. few.Select(of)]), $"with {Few} threads", goal,
            $"median of {Cycles}; {Statistics.Spread(values)}; p99 {Statistics.At(values, 0.99):f0}; a request each {PauseUs / 1000} ms in each thread", values);
    }
}
