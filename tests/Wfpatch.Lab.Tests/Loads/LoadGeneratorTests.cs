// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

public sealed class LoadGeneratorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_stands_still_shows_in_all_requests_that_it_delayed()
    {
        // One stall of 200 ms at 1000 requests a second: 200 requests were due meanwhile. A load that measures from sending
        // (coordinated omission) would show one slow request.
        int stalls = 0;
        LoadWindow window = new("stall");
        using LoadGenerator load = new(_ => new Scripted(number =>
        {
            if (number == 100)
            {
                Interlocked.Increment(ref stalls);
                Thread.Sleep(200);
            }
            return Reply.Plain;
        }), connections: 1, requestsPerSecond: 1000);
        while (window.Counts.Requests < 400)
        {
            await load.WatchAsync(window, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50), _ => { }, Cancel);
        }
        Assert.Equal(1, stalls);
        Assert.True(window.WorstUs >= 200_000, $"{window.WorstUs}");
        Assert.True(window.Latency.P99Us >= 100_000, $"{window.Latency}");
    }

    [Fact]
    public async Task Replies_are_counted_by_kind_and_lost_connections_are_made_again()
    {
        int connections = 0;
        LoadWindow window = new("all");
        LoadGenerator load = new(_ =>
        {
            int connection = Interlocked.Increment(ref connections);
            return new Scripted(number => number switch
            {
                1 => Reply.Old,
                2 => Reply.New,
                3 => Reply.Mixed,
                4 => Reply.Wrong,
                5 when connection == 1 => throw new SocketException((int)SocketError.ConnectionReset),
                _ => Reply.Plain,
            });
        }, connections: 1, requestsPerSecond: 2000);
        List<LoadSlot> slots = [];
        while (window.Counts.Requests < 50)
        {
            await load.WatchAsync(window, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(10), slots.Add, Cancel);
        }
        load.Dispose();
        slots.Add(load.TakeSlot(window));
        Assert.Equal(new LoadCounts(window.Counts.Requests, Old: 1, New: 1, Mixed: 1, Wrong: 1, Lost: 1), window.Counts);
        Assert.Equal(2, window.Counts.Errors);
        Assert.Equal(2, connections);
        Assert.Equal(window.Counts, slots.Aggregate(default(LoadCounts), (sum, slot) => sum + slot.Counts));
    }

    private sealed class Scripted(Func<long, Reply> answer) : ILoadClient
    {
        public Reply Exchange(long number) => answer(number);

        public void Dispose()
        {
        }
    }
}
