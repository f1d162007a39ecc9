// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>Apply and revert under load, as fast as the command line can, until the time is over: nothing fails, nothing grows.</summary>
internal sealed class Soak(BenchLimits limits) : IMeasurement
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 1000;

    /// <summary>Cycles after which a target has all that it will ever need.</summary>
    private const int CyclesToSettle = 20;
    private const int CyclesBetweenAudits = 100;

    private static readonly ImmutableArray<Func<CancellationToken, Task<IDemoTarget>>> Targets = [SampleDemo.StartAsync, MemcachedDemo.StartAsync];

    public string Name => "soak";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        List<Figure> figures = [];
        foreach (Func<CancellationToken, Task<IDemoTarget>> start in Targets)
        {
            await using IDemoTarget target = await start(cancel);
            figures.AddRange(await MeasureAsync(target, TimeSpan.FromMinutes(limits.Minutes / Targets.Length), cancel));
        }
        return [.. figures];
    }

    private static async Task<ImmutableArray<Figure>> MeasureAsync(IDemoTarget target, TimeSpan length, CancellationToken cancel)
    {
        string patch = await target.BuildPatchAsync(cancel);
        using LoadGenerator load = new(target.Connect, Connections, RequestsPerSecond);
        LoadWindow window = new("soak");
        List<string> failures = [];
        TargetSize early = default;
        int cycles = 0;
        long began = Stopwatch.GetTimestamp();
        for (; (Stopwatch.GetElapsedTime(began) < length || cycles <= CyclesToSettle) && failures.Count == 0; cycles++)
        {
            Check(await WfpatchTool.ApplyAsync(patch, target.Pid, target.ApplyArguments, cancel), failures);
            Check(await WfpatchTool.RevertAsync(target.Pid, cancel: cancel), failures);
            if (cycles == CyclesToSettle)
            {
                early = TargetSize.Of(target.Pid);
            }
            if (cycles % CyclesBetweenAudits == 0)
            {
                await AuditAsync(target, failures, cancel);
                await Console.Error.WriteAsync($"\rbench: soak: {target.Name}: {cycles} cycles, {Stopwatch.GetElapsedTime(began):mm\\:ss} of {length:mm\\:ss}");
            }
        }
        double millisecondsEach = Stopwatch.GetElapsedTime(began).TotalMilliseconds / cycles;
        await Console.Error.WriteLineAsync();
        await AuditAsync(target, failures, cancel);
        TargetSize grown = TargetSize.Of(target.Pid) - early;
        load.TakeSlot(window);
        DemoAftermath after = await target.AfterAsync(cancel);
        string name = $"soak of {target.Name}";
        return
        [
            new($"{name}: cycles", "", cycles, null, "", null, $"apply and revert, {millisecondsEach:f1} ms each", []),
            Figure.MustBeZero($"{name}: failures", failures.Count, failures.Count == 0 ? "commands and audits" : failures[0]),
            Figure.MustBeZero($"{name}: errors", window.Counts.Errors + after.Mixed, $"in {window.Counts.Requests} requests; mixed ones counted by the server {after.Mixed}"),
            Figure.MustBeZero($"{name}: growth of code", grown.CodeKiB, $"KiB since cycle {CyclesToSettle}; page tables {grown.PageTablesKiB}, mapped {grown.MappedKiB}"),
        ];
    }

    private static void Check(ToolReport report, List<string> failures)
    {
        if (!report.IsDone)
        {
            failures.Add(report.Summary);
        }
    }

    private static async Task AuditAsync(IDemoTarget target, List<string> failures, CancellationToken cancel)
    {
        CommandResult verify = await WfpatchTool.RunAsync(["verify", "--pid", $"{target.Pid}"], cancel);
        if (verify.Status.Code != 0)
        {
            failures.Add(verify.Output);
        }
    }
}
