// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>
/// The way of one server: under one load from the beginning to the end, each method has its turn again and again, in an order that the seed gives; a turn is a window
/// without patches and a window with them. What is still in force when a window is over is taken back before the next one.
/// </summary>
/// <param name="progress">What is done now, and the share of all windows that is behind us.</param>
internal sealed class LatencyFlow(ILabProcess server, string patch, LatencyOptions options, Action<string, double> progress)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>For what is done between windows, where nothing is measured.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int MostTries = 10;

    private readonly Chance _chance = new(options.Seed);
    private readonly List<LatencyWindow> _windows = [];
    private readonly List<ImpossibleMethod> _impossible = [];

    internal async Task<LatencyRun> RunAsync(LatencyConditions conditions, CancellationToken cancel)
    {
        LongWork? work = server.LongWork;
        TimeSpan limit = TimeSpan.FromSeconds(options.LimitSeconds);
        await using PatchMethods methods = new(server, patch, limit);
        using SampleLoad load = new(server.Connect, options, work?.Connect, work?.RequestsPerSecond ?? 0, options.Seconds * 2);
        await load.RunUntilAsync(load.NowUs + (long)WarmUp.TotalMicroseconds, cancel);
        ImmutableArray<IPatchMethod> possible = await TryAllAsync(methods.All, load, cancel);
        int cycles = options.Cycles(methods.All.Length);
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            foreach ((int turn, IPatchMethod method) in Shuffle(possible).Index())
            {
                progress($"{method.Name}, {cycle + 1} of {cycles}", (cycle + ((double)turn / possible.Length)) / cycles);
                await WatchAsync(null, method.Name, cycle, load, cancel);
                bool stands = await WatchAsync(method, method.Name, cycle, load, cancel);
                await load.RunUntilAsync(TakeBackAsync(method, stands, cancel), cancel);
            }
        }
        LoadCounts longs = load.End();
        var (windows, elsewhere) = WindowCut.Fill(load.Samples, load.StartNs, [.. _windows]);
        return new(conditions, windows, [.. _impossible], elsewhere + longs.Errors, longs.Requests);
    }

    /// <summary>Each once, so that what is needed once is behind us; the engine's own first, whose new code the baselines use.</summary>
    private async Task<ImmutableArray<IPatchMethod>> TryAllAsync(ImmutableArray<IPatchMethod> all, SampleLoad load, CancellationToken cancel)
    {
        List<IPatchMethod> possible = [];
        foreach (IPatchMethod method in all)
        {
            progress($"trying {method.Name}", 0);
            Task<MethodOutcome> first = method.ApplyAsync(Patience, cancel);
            await load.RunUntilAsync(first, cancel);
            MethodOutcome outcome = await first;
            if (outcome.IsImpossible)
            {
                _impossible.Add(new(method.Name, outcome.Why));
                continue;
            }
            possible.Add(method);
            await load.RunUntilAsync(TakeBackAsync(method, outcome.Stands, cancel), cancel);
        }
        return [.. possible];
    }

    /// <param name="method">Null: without patches.</param>
    /// <returns>Whether something is left to be taken back.</returns>
    private async Task<bool> WatchAsync(IPatchMethod? method, string name, int pair, SampleLoad load, CancellationToken cancel)
    {
        long begin = load.NowUs, end = begin + Us(options.WindowSeconds);
        Task<(ImmutableArray<PatchAttempt> Attempts, bool Stands)> patching = PatchAsync(method, load, begin, end, cancel);
        await load.RunUntilAsync(end, cancel);
        await load.RunUntilAsync(patching, cancel); // the last one may outlast the window
        _windows.Add(new(name, pair, method is not null, begin, end) { Patches = (await patching).Attempts });
        return (await patching).Stands;
    }

    /// <summary>A patch every period, taken back the next time. The first begins at random, so that it is not always met by the same moment of what returns regularly.</summary>
    private async Task<(ImmutableArray<PatchAttempt> Attempts, bool Stands)> PatchAsync(IPatchMethod? method, SampleLoad load, long begin, long end, CancellationToken cancel)
    {
        if (method is null or NoMethod)
        {
            return ([], false);
        }
        List<PatchAttempt> attempts = [];
        bool stands = false;
        long period = Us(options.PeriodSeconds), latest = end - Us(options.LimitSeconds);
        for (long due = begin + _chance.Next((int)Math.Max(1, Math.Min(period, latest - begin) / 3)); due <= latest; due += period)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(Math.Max(0, due - load.NowUs)), cancel);
            TimeSpan limit = TimeSpan.FromSeconds(options.LimitSeconds);
            string verb = stands ? PatchAttempt.Revert : PatchAttempt.Apply;
            long began = load.NowUs;
            MethodOutcome outcome = await (stands ? method.RevertAsync(limit, cancel) : method.ApplyAsync(limit, cancel));
            attempts.Add(new(verb, began, load.NowUs, outcome.Done, outcome.Threads, outcome.LongestWaitUs, outcome.TransitionUs, outcome.Why));
            stands = outcome.Stands;
        }
        return ([.. attempts], stands);
    }

    private static async Task TakeBackAsync(IPatchMethod method, bool stands, CancellationToken cancel)
    {
        string why = "";
        for (int tries = 0; stands && tries < MostTries; tries++)
        {
            MethodOutcome outcome = await method.RevertAsync(Patience, cancel);
            (stands, why) = (outcome.Stands, outcome.Why);
        }
        if (stands)
        {
            throw new InvalidOperationException($"{method.Name}: the patch cannot be taken back: {why}");
        }
    }

    private ImmutableArray<IPatchMethod> Shuffle(ImmutableArray<IPatchMethod> methods)
    {
        IPatchMethod[] order = [.. methods];
        for (int last = order.Length - 1; last > 0; last--)
        {
            int other = _chance.Next(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }
        return [.. order];
    }

    private static long Us(double seconds) => (long)(seconds * 1e6);
}
