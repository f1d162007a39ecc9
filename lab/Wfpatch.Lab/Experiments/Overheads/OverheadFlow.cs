// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>The way of one server: under one load from the beginning to the end, each method applies the patch and takes it back, again and again.</summary>
/// <param name="progress">What is done now, and how many cycles are behind us.</param>
internal sealed class OverheadFlow(ILabProcess server, string patch, OverheadOptions options, Action<string, int> progress)
{
    private const int CyclesBetweenSaves = 10, MostTries = 10;

    /// <summary>Before each command, at most: so that what returns regularly is not always met at the same moment.</summary>
    private const int LongestPauseMs = 100;

    /// <summary>For what a method left undone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>So that the load's own memory is there before ours is looked for.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _limit = TimeSpan.FromSeconds(options.LimitSeconds);

    /// <param name="run">As far as it got before.</param>
    /// <param name="save">Given the run now and then.</param>
    internal async Task<OverheadRun> RunAsync(OverheadRun run, Action<OverheadRun> save, CancellationToken cancel)
    {
        string report = Path.GetTempFileName();
        await using Starter starter = new();
        try
        {
            return await RunAsync(run, new(starter, server.Process.Id, report), save, cancel);
        }
        finally
        {
            File.Delete(report);
        }
    }

    private async Task<OverheadRun> RunAsync(OverheadRun run, StartedTool tool, Action<OverheadRun> save, CancellationToken cancel)
    {
        using ServerLoad load = new(server, options.Connections, options.RequestsPerSecond);
        OverheadRun before = run;
        await Task.Delay(WarmUp, cancel);
        TargetSize size = TargetSize.Of(server.Process.Id);
        (ImmutableArray<OverheadMethod> possible, run, TargetSize first, long told) = await TryAllAsync(run, tool, cancel);
        while (run.Cycles < options.Patches)
        {
            progress($"{run.Cycles} of {options.Patches}", run.Cycles);
            run = run with { Samples = [.. run.Samples, .. await RunCycleAsync(run.Cycles, possible, tool, cancel)], Cycles = run.Cycles + 1 };
            if (run.Cycles % CyclesBetweenSaves == 0)
            {
                save(Count(run, load.Take()));
            }
        }
        return Count(run, load.End());

        OverheadRun Count(OverheadRun run, LoadCounts counts) => run with
        {
            Requests = before.Requests + counts.Requests, Failed = before.Failed + counts.Errors,
            Memory = new((first - size).ResidentKiB, (TargetSize.Of(server.Process.Id) - first).ResidentKiB, told / 1024.0),
        };
    }

    /// <summary>Each once, so that what is needed once is behind us.</summary>
    /// <returns>Those that can be, the run with those that cannot, the server's size when the patch was in force for the first time, and what it was told to have added.</returns>
    private async Task<(ImmutableArray<OverheadMethod> Possible, OverheadRun Run, TargetSize First, long Told)> TryAllAsync(OverheadRun run, StartedTool tool, CancellationToken cancel)
    {
        List<OverheadMethod> possible = [];
        List<ImpossibleMethod> impossible = [];
        (TargetSize Size, long Told)? first = null;
        foreach (OverheadMethod method in OverheadMethod.All(_limit))
        {
            progress($"trying {method.Name}", run.Cycles);
            ToolReport told = await tool.RunAsync(Apply(method), Patience, cancel);
            if (StartedTool.IsImpossible(told))
            {
                impossible.Add(new(method.Name, StartedTool.Why(told)));
                continue;
            }
            possible.Add(method);
            first ??= (TargetSize.Of(server.Process.Id), told.BytesAdded);
            await TakeBackAsync(method, StartedTool.Stands(told), tool, cancel);
        }
        return first is var (size, bytes) ? ([.. possible], run with { Impossible = [.. impossible] }, size, bytes) : throw new InvalidOperationException(impossible[0].Why);
    }

    /// <summary>What is random in a turn depends on its number alone, so that a run that goes on makes what it would have made.</summary>
    private async Task<ImmutableArray<OverheadSample>> RunCycleAsync(int cycle, ImmutableArray<OverheadMethod> methods, StartedTool tool, CancellationToken cancel)
    {
        Chance chance = new(options.Seed + (ulong)cycle);
        int first = chance.Next(methods.Length);
        List<OverheadSample> samples = [];
        for (int turn = 0; turn < methods.Length; turn++)
        {
            OverheadMethod method = methods[(first + turn) % methods.Length];
            bool stands = await RunAsync("apply", Apply(method), StartedTool.Stands);
            if (stands)
            {
                stands = await RunAsync("revert", Revert(method), told => !told.IsDone);
            }
            await TakeBackAsync(method, stands, tool, cancel);

            async Task<bool> RunAsync(string verb, ImmutableArray<string> arguments, Func<ToolReport, bool> stands)
            {
                await Task.Delay(chance.Next(LongestPauseMs), cancel);
                IReadOnlyDictionary<int, string> calls = ThreadActivities.Read(server.Process.Id);
                ToolReport told = await tool.RunAsync(arguments, _limit, cancel);
                samples.Add(OverheadSample.Of(cycle, method.Name, verb, told, calls));
                return stands(told);
            }
        }
        return [.. samples];
    }

    private static async Task TakeBackAsync(OverheadMethod method, bool stands, StartedTool tool, CancellationToken cancel)
    {
        string why = "";
        for (int tries = 0; stands && tries < MostTries; tries++)
        {
            ToolReport told = await tool.RunAsync(Revert(method), Patience, cancel);
            (stands, why) = (!told.IsDone, StartedTool.Why(told));
        }
        if (stands)
        {
            throw new InvalidOperationException($"{method.Name}: the patch cannot be taken back: {why}");
        }
    }

    private ImmutableArray<string> Apply(OverheadMethod method) => ["apply", patch, .. server.ApplyArguments, .. method.Apply];

    private static ImmutableArray<string> Revert(OverheadMethod method) => ["revert", .. method.Revert];
}
