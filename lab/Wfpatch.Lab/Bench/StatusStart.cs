// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>`wfpatch status` from start to end, on a patched target.</summary>
internal sealed class StatusStart : IMeasurement
{
    private const int Runs = 30;

    public string Name => "status";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await SampleDemo.BuildPatchAsync(2, cancel);
        await using TestTarget target = await TestTarget.StartAsync("sample", cancel: cancel);
        (await WfpatchTool.ApplyAsync(patch, target.Id, SampleDemo.Arguments, cancel)).OrThrow();
        List<double> status = [];
        List<double> nothing = [];
        for (int run = 0; run < Runs; run++)
        {
            nothing.Add((await ChildProcess.RunAsync(CommandLine.Of("true"), cancel)).Elapsed.TotalMilliseconds);
            status.Add((await WfpatchTool.StatusAsync(target.Id, cancel)).OrThrow().Command!.Elapsed.TotalMilliseconds);
        }
        ImmutableArray<double> ms = [.. status.Select(elapsed => Math.Round(elapsed, 2))];
        return
        [
            new("wfpatch status, median", "ms", Statistics.Median(ms), Statistics.Median(nothing), "the program `true`", 50, Statistics.Spread(ms), ms),
            new("wfpatch status, best", "ms", ms.Min(), nothing.Min(), "the program `true`", null, "", []),
        ];
    }
}
