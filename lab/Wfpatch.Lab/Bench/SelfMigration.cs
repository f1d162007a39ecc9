// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>What it costs a thread to migrate itself at its point: the one pass in which the version changed, against the usual pass.</summary>
internal sealed class SelfMigration : IMeasurement
{
    private const int Cycles = 20;

    public string Name => "migration";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await CallCost.BuildPatchAsync(cancel);
        await using TestTarget target = await TestTarget.StartAsync("callcost", cancel: cancel);
        List<double> migrated = [];
        List<double> usual = [];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            target.Send("watch");
            (await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", "points", .. CallCost.Arguments], cancel)).OrThrow();
            string[] words = (await target.ReadLineAsync(cancel)).Split(' ');
            if (words[^1] != "2")
            {
                throw new InvalidOperationException("the watching thread did not migrate");
            }
            migrated.Add(double.Parse(words[1], CultureInfo.InvariantCulture));
            usual.Add(double.Parse(words[3], CultureInfo.InvariantCulture));
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return
        [
            new("self-migration of a thread", "ns", Statistics.Median(migrated), Statistics.Median(usual), "a pass of the point before", null,
                $"one pass of the point and two clock readings; {Statistics.Spread([.. migrated])}", [.. migrated]),
            new("self-migration, best", "ns", migrated.Min(), usual.Min(), "a pass of the point before", null, "", []),
        ];
    }
}
