// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Net.Sockets;
using HdrHistogram;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// Load of a fixed rate over several connections, a thread each. Threads record into one histogram that is exchanged
/// without stopping them; whoever measures takes a slot whenever one is over.
/// </summary>
public sealed class LoadGenerator : IDisposable
{
    private const long LongestNs = 60_000_000_000;
    private const int Digits = 3;

    private readonly Func<int, ILoadClient> _connect;
    private readonly ImmutableArray<Thread> _threads;
    private readonly Recorder _recorder = new(1, LongestNs, Digits, (id, low, high, digits) => new LongConcurrentHistogram(id, low, high, digits));
    private readonly long _startNs;
    private HistogramBase? _recycled;
    private LoadCounts _taken;
    private long _takenNs;
    private int _connections;
    private volatile bool _stopping;
    private long _requests;
    private long _old;
    private long _new;
    private long _mixed;
    private long _wrong;
    private long _lost;

    /// <param name="connect">Makes a connection; its argument is a number that no other connection of this load has.</param>
    /// <param name="tracks">For each connection one that gets its requests one by one; null: nobody wants them.</param>
    public LoadGenerator(Func<int, ILoadClient> connect, int connections, double requestsPerSecond, ImmutableArray<SampleTrack>? tracks = null)
    {
        _connect = connect;
        ILoadClient[] clients = [.. Enumerable.Range(0, connections).Select(_ => Connect())];
        _startNs = MonotonicClock.NowNs + 1_000_000;
        _takenNs = _startNs;
        _threads = [.. clients.Select((client, index) => Start(client, Schedule.OfConnection(index, connections, requestsPerSecond, _startNs), tracks?[index]))];
    }

    public static LongHistogram NewHistogram() => new(1, LongestNs, Digits);

    /// <summary>Ends the slot that has run since the last call, and adds it to the window.</summary>
    public LoadSlot TakeSlot(LoadWindow window)
    {
        _recycled = _recorder.GetIntervalHistogram(_recycled);
        LoadCounts total = Counts();
        LoadCounts counts = total - _taken;
        long now = MonotonicClock.NowNs;
        window.Add(_recycled, counts);
        double worst = _recycled.TotalCount == 0 ? 0 : _recycled.GetMaxValue() / 1000.0;
        LoadSlot slot = new(Span(_takenNs - _startNs), Span(now - _takenNs), counts, Latency.Of(_recycled), worst);
        (_taken, _takenNs) = (total, now);
        return slot;
    }

    /// <summary>Takes slots until the time is over, each given to <paramref name="seen"/>.</summary>
    public async Task WatchAsync(LoadWindow window, TimeSpan length, TimeSpan slot, Action<LoadSlot> seen, CancellationToken cancel = default)
    {
        long end = MonotonicClock.NowNs + (length.Ticks * 100);
        for (long left; (left = end - MonotonicClock.NowNs) > 0;)
        {
            await Task.Delay(TimeSpan.FromTicks(Math.Min(slot.Ticks, Math.Max(left / 100, TimeSpan.TicksPerMillisecond))), cancel);
            seen(TakeSlot(window));
        }
    }

    public void Dispose()
    {
        _stopping = true;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private static TimeSpan Span(long ns) => TimeSpan.FromTicks(ns / 100);

    private LoadCounts Counts() => new(Volatile.Read(ref _requests), Volatile.Read(ref _old), Volatile.Read(ref _new),
        Volatile.Read(ref _mixed), Volatile.Read(ref _wrong), Volatile.Read(ref _lost));

    private ILoadClient Connect() => _connect(Interlocked.Increment(ref _connections));

    private Thread Start(ILoadClient client, Schedule schedule, SampleTrack? track)
    {
        Thread thread = new(() => Run(client, schedule, track)) { IsBackground = true, Name = "load" };
        thread.Start();
        return thread;
    }

    private void Run(ILoadClient? client, Schedule schedule, SampleTrack? track)
    {
        MonotonicClock.WakeOnTime();
        for (long number = 0; !_stopping; number++)
        {
            long due = schedule.DueNs(number);
            if (due > MonotonicClock.NowNs)
            {
                MonotonicClock.SleepUntil(due);
            }
            Interlocked.Increment(ref _requests);
            Reply reply = Reply.Wrong;
            try
            {
                client ??= Connect();
                reply = client.Exchange(number);
                Count(reply);
            }
            catch (Exception problem) when (problem is SocketException or InvalidDataException) // the latter: a server that comes or goes says something else than a greeting
            {
                Interlocked.Increment(ref _lost);
                client?.Dispose();
                client = null;
            }
            long latency = Math.Clamp(MonotonicClock.NowNs - due, 1, LongestNs);
            _recorder.RecordValue(latency);
            track?.Add(new(due, latency, reply));
        }
        client?.Dispose();
    }

    private void Count(Reply reply)
    {
        switch (reply)
        {
            case Reply.Old:
                Interlocked.Increment(ref _old);
                break;
            case Reply.New:
                Interlocked.Increment(ref _new);
                break;
            case Reply.Mixed:
                Interlocked.Increment(ref _mixed);
                break;
            case Reply.Wrong:
                Interlocked.Increment(ref _wrong);
                break;
            case Reply.Plain:
            default:
                break;
        }
    }
}
