// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A load whose requests are kept one by one, and beside it one connection with long work. Disposing ends both.</summary>
internal sealed class SampleLoad : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly ImmutableArray<SampleTrack> _tracks;
    private readonly LoadGenerator _load;
    private readonly LoadGenerator? _long;
    private readonly List<Sample> _samples;

    /// <param name="connect">Makes a connection of the load.</param>
    /// <param name="seconds">How long it will be needed: for so many requests there is room from the beginning.</param>
    internal SampleLoad(Func<int, ILoadClient> connect, LatencyOptions options, Func<int, ILoadClient>? connectLong, double longsPerSecond, double seconds)
    {
        _tracks = [.. Enumerable.Range(0, options.Connections).Select(_ => new SampleTrack())];
        _samples = new((int)(options.RequestsPerSecond * seconds));
        StartNs = MonotonicClock.NowNs;
        _load = new(connect, options.Connections, options.RequestsPerSecond, _tracks);
        _long = connectLong is null ? null : new(connectLong, 1, longsPerSecond);
    }

    internal long StartNs { get; }

    /// <summary>Microseconds since the load began.</summary>
    internal long NowUs => (MonotonicClock.NowNs - StartNs) / 1000;

    /// <summary>All requests that have been taken so far.</summary>
    internal IReadOnlyList<Sample> Samples => _samples;

    /// <summary>Lets the load run until this time.</summary>
    internal async Task RunUntilAsync(long us, CancellationToken cancel)
    {
        for (long left; (left = us - NowUs) > 0; Take())
        {
            await Task.Delay(TimeSpan.FromMicroseconds(Math.Min(left + 1, Step.TotalMicroseconds)), cancel);
        }
    }

    /// <summary>Lets the load run until this is done.</summary>
    internal async Task RunUntilAsync(Task task, CancellationToken cancel)
    {
        while (!task.IsCompleted)
        {
            await Task.WhenAny(task, Task.Delay(Step, cancel));
            cancel.ThrowIfCancellationRequested();
            Take();
        }
        await task;
    }

    /// <summary>Ends it, with the requests that are under way, and says what the long work came to.</summary>
    internal LoadCounts End()
    {
        Dispose();
        Take();
        LoadWindow all = new("long");
        _long?.TakeSlot(all);
        return all.Counts;
    }

    public void Dispose()
    {
        _load.Dispose();
        _long?.Dispose();
    }

    private void Take()
    {
        foreach (SampleTrack track in _tracks)
        {
            track.Drain(_samples);
        }
    }
}
