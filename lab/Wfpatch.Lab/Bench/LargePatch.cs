// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>A patch of a thousand functions beside one of four: what each function costs in time and memory.</summary>
internal sealed class LargePatch : IMeasurement
{
    private const int Cycles = 9;

    public string Name => "large";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        TargetSource source = TargetSource.Find("thousand");
        string large = RepositoryRoot.Combine("out", "bench", "thousand.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(large)!);
        await WfpatchTool.BuildAsync(await source.ObjectsAsync(1, cancel: cancel), await source.ObjectsAsync(2, cancel: cancel), large, ["handle_request"], cancel);
        Cost few = await MeasureAsync("sample", ["--busy", "4"], await SampleDemo.BuildPatchAsync(2, cancel), SampleDemo.Arguments, cancel);
        Cost many = await MeasureAsync("thousand", [], large, ["--profile", source.Profile!], cancel);
        string baseline = $"in a patch of {few.Functions} functions";
        return
        [
            new($"arming a function, {many.Functions} in one patch", "us", Statistics.Median(many.ArmUs), Statistics.Median(few.ArmUs), baseline, 50,
                $"{Statistics.Spread(many.ArmUs)}; the others {Statistics.Spread(few.ArmUs)}", many.ArmUs),
            new($"memory of a function, {many.Functions} in one patch", "KiB", Math.Round((double)many.Added.ResidentKiB / many.Functions, 2),
                Math.Round((double)few.Added.ResidentKiB / few.Functions, 2), baseline, null,
                $"resident code {many.Added.CodeKiB}, page tables {many.Added.PageTablesKiB}, mapped {many.Added.MappedKiB}", []),
        ];
    }

    private static async Task<Cost> MeasureAsync(string program, ImmutableArray<string> arguments, string patch, ImmutableArray<string> apply, CancellationToken cancel)
    {
        await using TestTarget target = await TestTarget.StartAsync(program, new() { Arguments = arguments }, cancel);
        TargetSize before = TargetSize.Of(target.Id);
        TargetSize added = default;
        List<double> armUs = [];
        int functions = 0;
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            ToolReport report = (await WfpatchTool.ApplyAsync(patch, target.Id, ["--policy", "points", .. apply], cancel)).OrThrow();
            functions = report.Functions.Length;
            armUs.Add(report.ArmUs / functions);
            added = cycle == 0 ? TargetSize.Of(target.Id) - before : added;
            (await WfpatchTool.RevertAsync(target.Id, cancel: cancel)).OrThrow();
        }
        return new(functions, [.. armUs], added);
    }

    private readonly record struct Cost(int Functions, ImmutableArray<double> ArmUs, TargetSize Added);
}
