// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Lab.Loads;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>A patch of memcached is tried on one worker under load: the connections of that worker get the new reply, all others the old one.</summary>
[Collection(MemcachedTestsGroup.Name)]
public sealed class CanaryTests(MemcachedPatches patches)
{
    private const int Threads = 4;
    private const int ConnectionsOfAWorker = 2;
    private const int Rounds = 50;
    private const string OldVersion = "VERSION 1.6.18";
    private const string NewVersion = "VERSION 1.6.18+wfp";
    private const string LosesNothingByItself = "no_lru_maintainer"; // CyclesTests says why

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task The_connections_of_the_canary_get_the_new_reply_and_no_others(Policy policy)
    {
        var patch = await patches.GetAsync("version-reply");
        await using var server = await PatchedMemcached.StartAsync(Threads, Cancel, "-o", LosesNothingByItself);
        server.Ask("version"); // so that the connections before ours have been dealt out
        ImmutableArray<LineConnection> connections = [.. Enumerable.Range(0, Threads * ConnectionsOfAWorker).Select(_ => new LineConnection(server.Server.Port))];
        var load = new MemcslapLoad(server.Server.Port, Threads, keys: 500);
        Task generator = load.RunUntilStoppedAsync(Cancel);
        var proc = new ProcFs(server.Id);
        int worker = proc.ReadThreads().First(t => proc.ReadThreadName(t) == "mc-worker");
        var commands = new Commands(new NativeLinux());
        var options = new TransitionOptions(policy, MemcachedPatches.Profile, TimeSpan.FromMinutes(1), Cancel);
        Assert.All(connections, c => Assert.Equal(OldVersion, Ask(c)));

        var canary = commands.Apply(server.Id, patch, options with { Canary = CanaryChoice.Of(worker) });
        Assert.True(canary.Outcome == Outcome.Canary, canary.Message + string.Join("; ", canary.Refusals));
        ImmutableArray<string> first = [.. connections.Select(Ask)];
        Assert.Equal((ConnectionsOfAWorker, connections.Length - ConnectionsOfAWorker), (first.Count(NewVersion.Equals), first.Count(OldVersion.Equals)));
        for (int round = 0; round < Rounds; round++)
        {
            Assert.Equal<string>(first, connections.Select(Ask));
        }

        Assert.Equal(Outcome.Done, commands.Advance(server.Id, options).Outcome);
        Assert.All(connections, c => Assert.Equal(NewVersion, Ask(c)));
        Assert.Equal(Outcome.Done, commands.Revert(server.Id, null, options).Outcome);
        Assert.All(connections, c => Assert.Equal(OldVersion, Ask(c)));
        load.Stop();
        await generator;
        foreach (var connection in connections)
        {
            connection.Dispose();
        }
    }

    private static string Ask(LineConnection connection)
    {
        connection.Send("version\r\n"u8);
        return Encoding.ASCII.GetString(connection.ReadLine());
    }
}
