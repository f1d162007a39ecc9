// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A load whose requests are kept one by one, and beside it one connection with long work. Disposing ends both.</summary>
internal sealed class SampleLoad : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly ImmutableArray<SampleTrack> _tracks;
    private readonly LoadGenerator _load;
    private readonly LoadGenerator? _long;
    private readonly List<Sample> _samples;

    /// <param name="seconds">How long it runs until its requests are taken away: for so many there is room from the beginning.</param>
    internal SampleLoad(ILabProcess server, LatencyOptions options, double seconds)
    {
        _tracks = [.. Enumerable.Range(0, options.Connections).Select(_ => new SampleTrack())];
        _samples = new((int)(options.RequestsPerSecond * seconds));
        StartNs = MonotonicClock.NowNs;
        _load = new(server.Connect, options.Connections, options.RequestsPerSecond, _tracks);
        _long = server.LongWork is { } work ? new(work.Connect, 1, work.RequestsPerSecond) : null;
    }

    internal long StartNs { get; }

    /// <summary>Microseconds since the load began.</summary>
    internal long NowUs => (MonotonicClock.NowNs - StartNs) / 1000;

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

    /// <summary>Takes away the requests that were due before this time, when all of them have been answered, and what the long work came to since the last time.</summary>
    internal async Task<(ImmutableArray<Sample> Samples, LoadCounts Longs)> TakeAsync(long us, CancellationToken cancel)
    {
        long end = StartNs + (us * 1000);
        while (_tracks.Any(track => track.LastDueNs < end)) // a connection answers one after another
        {
            await Task.Delay(Step, cancel);
            Take();
        }
        ImmutableArray<Sample> taken = [.. _samples.Where(sample => sample.DueNs < end)];
        _samples.RemoveAll(sample => sample.DueNs < end);
        return (taken, TakeLongs());
    }

    /// <summary>Ends it, and gives the rest, with the requests that were under way.</summary>
    internal (ImmutableArray<Sample> Samples, LoadCounts Longs) End()
    {
        Dispose();
        Take();
        return ([.. _samples], TakeLongs());
    }

    public void Dispose()
    {
        _load.Dispose();
        _long?.Dispose();
    }

    private LoadCounts TakeLongs()
    {
        LoadWindow window = new("long");
        _long?.TakeSlot(window);
        return window.Counts;
    }

    private void Take()
    {
        foreach (SampleTrack track in _tracks)
        {
            track.Drain(_samples);
        }
    }
}
