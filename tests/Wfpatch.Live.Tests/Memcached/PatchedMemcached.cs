// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Patches;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>A memcached of the distribution that this test started, one connection to it that stays open, and the commands on it.</summary>
public sealed class PatchedMemcached : IAsyncDisposable
{
    private readonly Commands _commands = new(new NativeLinux());
    private readonly LineConnection _connection;

    private PatchedMemcached(MemcachedServer server)
    {
        Server = server;
        _connection = new(server.Port);
    }

    public MemcachedServer Server { get; }

    public int Id => Server.Process.Id;

    public static async Task<PatchedMemcached> StartAsync(int threads, CancellationToken cancel, params ImmutableArray<string> options) =>
        new(await MemcachedServer.StartAsync(threads, cancel, options));

    /// <summary>What an apply would do.</summary>
    public BackendPlan Plan(Patch patch)
    {
        var (report, plan) = _commands.Check(Id, patch, Options);
        return plan ?? throw new InvalidOperationException(report.Message);
    }

    /// <summary>Applies the patch; every thread must arrive.</summary>
    public TransitionReport Apply(Patch patch, bool replaces = false) => Complete(_commands.Apply(Id, patch, Options with { Replaces = replaces }));

    /// <summary>Takes back the last patch; every thread must arrive.</summary>
    public TransitionReport Revert() => Complete(_commands.Revert(Id, null, Options));

    /// <summary>Sends a command of the text protocol; gives the first line of the reply.</summary>
    public string Ask(string command)
    {
        _connection.Send(Encoding.ASCII.GetBytes(command + "\r\n"));
        return Encoding.ASCII.GetString(_connection.ReadLine());
    }

    /// <summary>The next line of a reply with several.</summary>
    public string NextLine() => Encoding.ASCII.GetString(_connection.ReadLine());

    /// <summary>A counter of `stats`.</summary>
    public long Statistic(string name)
    {
        string start = $"STAT {name} ";
        long? value = null;
        for (string line = Ask("stats"); line != "END"; line = NextLine())
        {
            value = line.StartsWith(start, StringComparison.Ordinal) ? long.Parse(line[start.Length..]) : value;
        }
        return value ?? throw new InvalidDataException($"memcached has no statistic {name}");
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await Server.DisposeAsync();
    }

    private static TransitionOptions Options { get; } = new(Policy.Auto, MemcachedPatches.Profile, TimeSpan.FromMinutes(1));

    private static TransitionReport Complete(TransitionReport report)
    {
        Assert.True(report.Outcome == Outcome.Done, report.Message + string.Join("; ", report.Refusals));
        Assert.All(report.Threads, t => Assert.NotEqual(MigrationPath.Pending, t.Path));
        return report;
    }
}
