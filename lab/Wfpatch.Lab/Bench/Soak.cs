// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Bench;

/// <summary>Apply and revert under load, as fast as it goes, until the time is over: nothing fails, nothing grows.</summary>
internal sealed class Soak(BenchLimits limits) : IMeasurement
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 1000;

    /// <summary>Cycles after which a target has all that it will ever need.</summary>
    private const int CyclesToSettle = 20;
    private const int CyclesBetweenNews = 100;

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
        PatchCycles cycles = new(target.Pid, patch, target.ApplyArguments);
        string? failure = null;
        TargetSize early = default;
        long began = Stopwatch.GetTimestamp();
        while ((Stopwatch.GetElapsedTime(began) < length || cycles.Count <= CyclesToSettle) && failure is null)
        {
            failure = await cycles.RunAsync(cancel);
            if (cycles.Count == CyclesToSettle)
            {
                early = TargetSize.Of(target.Pid);
            }
            if (cycles.Count % CyclesBetweenNews == 0)
            {
                await Console.Error.WriteAsync($"\rbench: soak: {target.Name}: {cycles.Count} cycles, {Stopwatch.GetElapsedTime(began):mm\\:ss} of {length:mm\\:ss}");
            }
        }
        double millisecondsEach = Stopwatch.GetElapsedTime(began).TotalMilliseconds / cycles.Count;
        await Console.Error.WriteLineAsync();
        failure ??= await cycles.AuditAsync(cancel);
        TargetSize grown = TargetSize.Of(target.Pid) - early;
        load.TakeSlot(window);
        DemoAftermath after = await target.AfterAsync(cancel);
        string name = $"soak of {target.Name}";
        return
        [
            new($"{name}: cycles", "", cycles.Count, null, "", null, $"apply and revert, {millisecondsEach:f1} ms each", []),
            Figure.MustBeZero($"{name}: failures", failure is null ? 0 : 1, failure ?? "transitions and audits"),
            Figure.MustBeZero($"{name}: errors", window.Counts.Errors + after.Mixed, $"in {window.Counts.Requests} requests: {window.Counts.Lost} lost, {window.Counts.Wrong} wrong, the slowest after {window.WorstUs / 1000:f1} ms; mixed ones counted by the server {after.Mixed}"),
            Figure.MustBeZero($"{name}: growth of code", grown.CodeKiB, $"KiB since cycle {CyclesToSettle}; page tables {grown.PageTablesKiB}, mapped {grown.MappedKiB}"),
        ];
    }
}
