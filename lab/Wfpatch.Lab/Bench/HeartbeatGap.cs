// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>The largest gap between two requests of a busy thread: windows with a patch and windows without, in turn.</summary>
internal sealed class HeartbeatGap : IMeasurement
{
    private const int Pairs = 12;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    public string Name => "heartbeat";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await SampleDemo.BuildPatchAsync(2, cancel);
        // One busy thread, so that on two processors the controller does not compete with it.
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", "1"] }, cancel);
        List<double> without = [];
        List<double> with = [];
        for (int pair = 0; pair < Pairs; pair++)
        {
            without.Add(await GapAsync(target, () => Task.CompletedTask, cancel));
            with.Add(await GapAsync(target, async () => (await WfpatchTool.ApplyAsync(patch, target.Id, SampleDemo.Arguments, cancel)).OrThrow(), cancel));
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return
        [
            new("heartbeat gap", "us", Statistics.Median(with), Statistics.Median(without), "windows without a patch", 1000,
                $"median of the largest gap in {Window.TotalSeconds} s; with: {Statistics.Spread([.. with])}; without: {Statistics.Spread([.. without])}", [.. with]),
        ];
    }

    private static async Task<double> GapAsync(TestTarget target, Func<Task> patch, CancellationToken cancel)
    {
        await target.AskAsync("reset", cancel);
        Task window = Task.Delay(Window, cancel);
        await patch();
        await window;
        return SampleReport.Parse(await target.AskAsync("report", cancel)).GapUs;
    }
}
