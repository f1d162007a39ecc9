// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>How long a thread is held by the depth of its stack: threads that wait 200 frames deep, and threads that wait one deep.</summary>
internal sealed class DeepStacks : IMeasurement
{
    private const int Cycles = 50, Threads = 8, Frames = 200;

    public string Name => "deep";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        TargetSource source = TargetSource.Find("deep");
        string patch = RepositoryRoot.Combine("out", "bench", "deep.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(patch)!);
        await WfpatchTool.BuildAsync(await source.ObjectsAsync(1, cancel: cancel), await source.ObjectsAsync(2, cancel: cancel), patch, [], cancel);
        ImmutableArray<ToolReport> shallow = await MeasureAsync(patch, 1, cancel), deep = await MeasureAsync(patch, Frames, cancel);
        const string BaselineIs = "threads that wait one frame deep";
        ImmutableArray<double> all = AllOf(deep), allShallow = AllOf(shallow), longest = LongestOf(deep), longestShallow = LongestOf(shallow);
        return
        [
            new($"time held, {Frames} frames, p50 (stack)", "us", Statistics.Median(all), Statistics.Median(allShallow), BaselineIs, null, $"{Threads} threads, {Cycles} applies, all {all.Length} stops; {Statistics.Spread(all)}", all),
            new($"time held, {Frames} frames, p99 (stack)", "us", Statistics.At(all, 0.99), Statistics.At(allShallow, 0.99), BaselineIs, 100, $"one frame: all {allShallow.Length} stops; {Statistics.Spread(allShallow)}", allShallow),
            new($"longest time held, {Frames} frames, p50 (stack)", "us", Statistics.Median(longest), Statistics.Median(longestShallow), BaselineIs, null, $"the longest of each apply; {Statistics.Spread(longest)}", longest),
            new($"longest time held, {Frames} frames, p99 (stack)", "us", Statistics.At(longest, 0.99), Statistics.At(longestShallow, 0.99), BaselineIs, null, $"one frame: {Statistics.Spread(longestShallow)}", longestShallow),
        ];
    }

    private static ImmutableArray<double> AllOf(ImmutableArray<ToolReport> applied) => [.. applied.SelectMany(report => report.HeldUs)];

    private static ImmutableArray<double> LongestOf(ImmutableArray<ToolReport> applied) => [.. applied.Select(report => report.LongestHeldUs)];

    private static async Task<ImmutableArray<ToolReport>> MeasureAsync(string patch, int depth, CancellationToken cancel)
    {
        await using TestTarget target = await TestTarget.StartAsync("deep", new() { Arguments = [$"{depth}", $"{Threads}"] }, cancel);
        List<ToolReport> applied = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            applied.Add((await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", "stack"], cancel)).OrThrow());
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return [.. applied];
    }
}
