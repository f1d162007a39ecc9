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
        ImmutableArray<double> shallow = await MeasureAsync(patch, 1, cancel);
        ImmutableArray<double> deep = await MeasureAsync(patch, Frames, cancel);
        const string BaselineIs = "threads that wait one frame deep";
        string note = $"{Threads} threads, the longest of each of {Cycles} applies; ";
        return
        [
            new($"longest time held, {Frames} frames, p50 (stack)", "us", Statistics.Median(deep), Statistics.Median(shallow), BaselineIs, null, note + Statistics.Spread(deep), deep),
            new($"longest time held, {Frames} frames, p99 (stack)", "us", Statistics.At(deep, 0.99), Statistics.At(shallow, 0.99), BaselineIs, 100, note + Statistics.Spread(shallow), shallow),
        ];
    }

    private static async Task<ImmutableArray<double>> MeasureAsync(string patch, int depth, CancellationToken cancel)
    {
        await using TestTarget target = await TestTarget.StartAsync("deep", new() { Arguments = [$"{depth}", $"{Threads}"] }, cancel);
        List<double> held = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            held.Add((await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", "stack"], cancel)).OrThrow().LongestHeldUs);
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return [.. held];
    }
}
