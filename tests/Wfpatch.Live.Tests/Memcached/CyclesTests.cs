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
    private const string OldVersion = "VERSION 1.6.18";
    private const string NewVersion = "VERSION 1.6.18+wfp";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public async Task Two_hundred_cycles_under_load_lose_nothing_and_leave_nothing(int threads)
    {
        var patch = await patches.GetAsync("demo");
        await using var server = await PatchedMemcached.StartAsync(threads, Cancel);
        string version = server.Ask("version");
        Assert.StartsWith(OldVersion, version, StringComparison.Ordinal);
        var load = new MemcslapLoad(server.Server.Port, threads, Keys);
        long connectionsOfARun = await CountConnectionsAsync(server, load);
        await FillAsync(server, load);
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

    /// <summary>The later half may hold no more than the earlier one held at some time.</summary>
    private static void AssertNoGrowth(Footprint[] footprints)
    {
        var (early, late) = (footprints[..(footprints.Length / 2)], footprints[(footprints.Length / 2)..]);
        Assert.True(late.Max(f => f.Mappings) <= early.Max(f => f.Mappings), $"{late.Max(f => f.Mappings)} mappings, and {early.Max(f => f.Mappings)} before");
        Assert.True(late.Max(f => f.VmSizeKiB) <= early.Max(f => f.VmSizeKiB), $"{late.Max(f => f.VmSizeKiB)} KiB mapped, and {early.Max(f => f.VmSizeKiB)} before");
        Assert.True(late.Max(f => f.RssKiB) <= early.Max(f => f.RssKiB), $"{late.Max(f => f.RssKiB)} KiB resident, and {early.Max(f => f.RssKiB)} before");
    }

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
