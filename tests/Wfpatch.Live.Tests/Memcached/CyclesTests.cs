// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>Patch and take back, again and again, under load: nobody notices, and nothing piles up.</summary>
[Collection(MemcachedTestsGroup.Name)]
public sealed class CyclesTests(MemcachedPatches patches)
{
    private const int Cycles = 200;
    private const int CyclesToSettle = 20;
    private const int Keys = 2000;
    private const int RunsToFill = 20;

    // A full memcached on a busy machine may evict what was set a moment ago: when its LRU maintainer gets no time, all old items
    // are in queues from which a set does not evict. Seen without any patch, too (9 of 200 runs of the load missed keys; without the
    // maintainer 0 of 150). What this test counts must have no other reason than the patch.
    private const string LosesNothingByItself = "no_lru_maintainer";

    private const string OldVersion = "VERSION 1.6.18";
    private const string NewVersion = "VERSION 1.6.18+wfp";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public async Task Two_hundred_cycles_under_load_lose_nothing_and_leave_nothing(int threads)
    {
        var patch = await patches.GetAsync("demo");
        await using var server = await PatchedMemcached.StartAsync(threads, Cancel, "-o", LosesNothingByItself);
        string version = server.Ask("version");
        Assert.StartsWith(OldVersion, version, StringComparison.Ordinal);
        var load = new MemcslapLoad(server.Server.Port, threads, Keys);
        await FillAsync(server, load);
        // After something has run: a worker counts a connection when it gets to it, and the one that asked whether memcached
        // listens may be counted after ours.
        long connectionsOfARun = await CountConnectionsAsync(server, load);
        long connectionsBefore = server.Statistic("total_connections");
        int runsBefore = load.Runs;
        var clock = Stopwatch.StartNew();

        LoadWindow seen = new("cycles");
        var footprints = new List<Footprint>();
        Task generator = load.RunUntilStoppedAsync(Cancel);
        using (LoadGenerator checking = new(number => new MemcachedClient(server.Server.Port, number, System.Text.Encoding.ASCII.GetBytes(version)), connections: 1, requestsPerSecond: 1000))
        {
            for (int cycle = 0; cycle < Cycles && !generator.IsFaulted; cycle++)
            {
                server.Apply(patch);
                Assert.Equal(NewVersion, server.Ask("version"));
                server.Revert();
                Assert.Equal(version, server.Ask("version"));
                footprints.Add(Footprint.Of(server.Id));
            }
            load.Stop();
            await generator;
            checking.TakeSlot(seen);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Cycles} cycles in {clock.Elapsed.TotalSeconds:0.0} s, {load.Runs} runs of the load, {seen.Counts}; {string.Join(", ", footprints.Where((_, i) => i % CyclesToSettle == 0))}");

        Assert.True(seen.Counts.Requests > 0);
        Assert.Equal((0, 0), (seen.Counts.Wrong, seen.Counts.Lost));
        Assert.Equal(connectionsBefore + 1 + ((load.Runs - runsBefore) * connectionsOfARun), server.Statistic("total_connections"));
        AssertNoGrowth([.. footprints.Skip(CyclesToSettle)]);
    }

    /// <summary>One page or one mapping more in each cycle would show many times over in the later half.</summary>
    private static void AssertNoGrowth(Footprint[] footprints)
    {
        var (early, late) = (footprints[..(footprints.Length / 2)], footprints[(footprints.Length / 2)..]);
        AssertNoGrowth(early, late, f => f.Mappings, 4, "mappings");
        AssertNoGrowth(early, late, f => f.VmSizeKiB, 64, "KiB mapped");
        AssertNoGrowth(early, late, f => f.RssKiB, 64, "KiB resident");
    }

    private static void AssertNoGrowth(Footprint[] early, Footprint[] late, Func<Footprint, long> of, long noise, string what) =>
        Assert.True(late.Max(of) <= early.Max(of) + noise, $"{late.Max(of)} {what} in the later half, at most {early.Max(of)} in the earlier one");

    /// <summary>Until items are evicted: from then on the load itself takes no more memory.</summary>
    private static async Task FillAsync(PatchedMemcached server, MemcslapLoad load)
    {
        for (int run = 0; run < RunsToFill && server.Statistic("evictions") == 0; run++)
        {
            await load.SetOnceAsync(Cancel);
        }
        Assert.True(server.Statistic("evictions") > 0);
    }

    private static async Task<long> CountConnectionsAsync(PatchedMemcached server, MemcslapLoad load)
    {
        long before = server.Statistic("total_connections");
        await load.RunOnceAsync(Cancel);
        return server.Statistic("total_connections") - before;
    }
}
