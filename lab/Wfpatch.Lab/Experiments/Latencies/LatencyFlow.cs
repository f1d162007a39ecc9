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
    private const double WarmUpSeconds = 1;

    /// <summary>For what is done between windows, where nothing is measured.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int MostTries = 10;

    private readonly TimeSpan _limit = TimeSpan.FromSeconds(options.LimitSeconds);

    /// <param name="run">As far as it got before.</param>
    /// <param name="save">Given the run whenever each method has had its turn once more.</param>
    internal async Task<LatencyRun> RunAsync(LatencyRun run, Action<LatencyRun> save, CancellationToken cancel)
    {
        await using PatchMethods methods = new(server, patch, _limit);
        int cycles = options.Cycles(methods.All.Length);
        using SampleLoad load = new(server, options, options.Seconds / cycles * 2);
        await load.RunUntilAsync(Us(WarmUpSeconds), cancel);
        var (possible, impossible) = await TryAllAsync(methods.All, load, cancel);
        run = run with { Impossible = impossible };
        while (run.Cycles < cycles)
        {
            ImmutableArray<LatencyWindow> windows = await RunCycleAsync(run.Cycles, cycles, possible, load, cancel);
            run = Add(run with { Cycles = run.Cycles + 1 }, await load.TakeAsync(windows[^1].End, cancel), load.StartNs, windows);
            save(run);
        }
        return Add(run, load.End(), load.StartNs, []);
    }

    private static LatencyRun Add(LatencyRun run, (ImmutableArray<Sample> Samples, LoadCounts Longs) more, long startNs, ImmutableArray<LatencyWindow> windows)
    {
        var (filled, elsewhere) = WindowCut.Fill(more.Samples, startNs, windows);
        return run with
        {
            Windows = [.. run.Windows, .. filled], FailedElsewhere = run.FailedElsewhere + elsewhere + more.Longs.Errors, LongRequests = run.LongRequests + more.Longs.Requests,
        };
    }

    /// <summary>Each method has its turn. What is random in it depends on its number alone, so that a run that goes on makes what it would have made.</summary>
    private async Task<ImmutableArray<LatencyWindow>> RunCycleAsync(int cycle, int cycles, ImmutableArray<IPatchMethod> methods, SampleLoad load, CancellationToken cancel)
    {
        Chance chance = new(options.Seed + (ulong)cycle);
        List<LatencyWindow> windows = [];
        foreach ((int turn, IPatchMethod method) in Shuffle(methods, chance).Index())
        {
            progress($"{method.Name}, {cycle + 1} of {cycles}", (cycle + ((double)turn / methods.Length)) / cycles);
            windows.Add((await WatchAsync(method.Name, cycle, null, chance, load, cancel)).Window);
            (LatencyWindow window, bool stands) = await WatchAsync(method.Name, cycle, method, chance, load, cancel);
            windows.Add(window);
            await load.RunUntilAsync(TakeBackAsync(method, stands, cancel), cancel);
        }
        return [.. windows];
    }

    /// <summary>Each once, so that what is needed once is behind us; the engine's own first, whose new code the baselines use.</summary>
    private async Task<(ImmutableArray<IPatchMethod> Possible, ImmutableArray<ImpossibleMethod> Impossible)> TryAllAsync(ImmutableArray<IPatchMethod> all, SampleLoad load, CancellationToken cancel)
    {
        List<IPatchMethod> possible = [];
        List<ImpossibleMethod> impossible = [];
        foreach (IPatchMethod method in all)
        {
            progress($"trying {method.Name}", 0);
            Task<MethodOutcome> first = method.ApplyAsync(Patience, cancel);
            await load.RunUntilAsync(first, cancel);
            MethodOutcome outcome = await first;
            if (outcome.IsImpossible)
            {
                impossible.Add(new(method.Name, outcome.Why));
                continue;
            }
            possible.Add(method);
            await load.RunUntilAsync(TakeBackAsync(method, outcome.Stands, cancel), cancel);
        }
        return ([.. possible], [.. impossible]);
    }

    /// <param name="method">Null: without patches.</param>
    /// <returns>The window, and whether something is left to be taken back.</returns>
    private async Task<(LatencyWindow Window, bool Stands)> WatchAsync(string name, int pair, IPatchMethod? method, Chance chance, SampleLoad load, CancellationToken cancel)
    {
        long begin = load.NowUs, end = begin + Us(options.WindowSeconds);
        Task<(ImmutableArray<PatchAttempt> Attempts, bool Stands)> patching = PatchAsync(method, begin, end, chance, load, cancel);
        await load.RunUntilAsync(end, cancel);
        await load.RunUntilAsync(patching, cancel); // the last one may outlast the window
        (ImmutableArray<PatchAttempt> attempts, bool stands) = await patching;
        return (new(name, pair, method is not null, begin, end) { Patches = attempts }, stands);
    }

    /// <summary>A patch every period, taken back the next time. The first begins at random, so that it is not always met by the same moment of what returns regularly.</summary>
    private async Task<(ImmutableArray<PatchAttempt> Attempts, bool Stands)> PatchAsync(
        IPatchMethod? method, long begin, long end, Chance chance, SampleLoad load, CancellationToken cancel)
    {
        if (method is null or NoMethod)
        {
            return ([], false);
        }
        List<PatchAttempt> attempts = [];
        bool stands = false;
        long period = Us(options.PeriodSeconds), latest = end - Us(options.LimitSeconds);
        for (long due = begin + chance.Next((int)Math.Max(1, Math.Min(period, latest - begin) / 3)); due <= latest; due += period)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(Math.Max(0, due - load.NowUs)), cancel);
            string verb = stands ? PatchAttempt.Revert : PatchAttempt.Apply;
            long began = load.NowUs;
            MethodOutcome outcome = await (stands ? method.RevertAsync(_limit, cancel) : method.ApplyAsync(_limit, cancel));
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

    private static ImmutableArray<IPatchMethod> Shuffle(ImmutableArray<IPatchMethod> methods, Chance chance)
    {
        IPatchMethod[] order = [.. methods];
        for (int last = order.Length - 1; last > 0; last--)
        {
            int other = chance.Next(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }
        return [.. order];
    }

    private static long Us(double seconds) => (long)(seconds * 1e6);
}
