// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

/// <summary>Requests of one connection, kept one by one.</summary>
public sealed class SampleTrackTests
{
    [Fact]
    public async Task Each_request_comes_out_once_and_in_order_while_others_go_in()
    {
        const int All = 300_000;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        SampleTrack track = new();
        using SemaphoreSlim room = new(50_000);
        Task writing = Task.Run(() =>
        {
            for (int number = 0; number < All; number++)
            {
                room.Wait(cancel);
                track.Add(new(number, 2 * number, Reply.Plain));
            }
        }, cancel);
        List<Sample> samples = [];
        while (samples.Count < All)
        {
            int before = samples.Count;
            track.Drain(samples);
            if (samples.Count > before)
            {
                room.Release(samples.Count - before);
            }
        }
        await writing;
        Assert.Equal(Enumerable.Range(0, All).Select(number => new Sample(number, 2 * number, Reply.Plain)), samples);
    }

    [Fact]
    public void Who_looks_too_seldom_hears_that_some_are_lost()
    {
        SampleTrack track = new();
        for (int number = 0; number < 70_000; number++)
        {
            track.Add(new(number, 1, Reply.Plain));
        }
        Assert.Throws<InvalidOperationException>(() => track.Drain([]));
    }

    [Fact]
    public async Task A_load_gives_each_of_its_requests_with_its_reply()
    {
        SampleTrack track = new();
        LoadGenerator load = new(_ => new Alternating(), connections: 1, requestsPerSecond: 2000, [track]);
        LoadWindow window = new("all");
        while (window.Counts.Requests < 50)
        {
            await load.WatchAsync(window, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10), _ => { }, TestContext.Current.CancellationToken);
        }
        load.Dispose();
        load.TakeSlot(window);
        List<Sample> samples = [];
        track.Drain(samples);
        Assert.Equal(window.Counts.Requests, samples.Count);
        Assert.Equal(samples.Select((_, number) => number % 2 == 0 ? Reply.Old : Reply.Wrong), samples.Select(sample => sample.Reply));
        Assert.All(samples.Zip(samples.Skip(1)), two => Assert.Equal(500_000, two.Second.DueNs - two.First.DueNs));
        Assert.All(samples, sample => Assert.True(sample.LatencyNs > 0));
    }

    private sealed class Alternating : ILoadClient
    {
        public Reply Exchange(long number) => number % 2 == 0 ? Reply.Old : throw new System.Net.Sockets.SocketException();

        public void Dispose()
        {
        }
    }
}
