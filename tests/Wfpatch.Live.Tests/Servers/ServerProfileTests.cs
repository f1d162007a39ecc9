// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Profiles;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>Each shipped profile with the server that it is for, as the distribution ships it, under a light load.</summary>
[Collection(Name)]
[CollectionDefinition(Name)]
public sealed class ServerProfileTests(ITestOutputHelper output)
{
    public const string Name = "servers";

    private const long Enough = 200;

    [Theory]
    [InlineData("httpd-event")]
    [InlineData("httpd-worker")]
    [InlineData("slapd")]
    [InlineData("nginx")]
    [InlineData("redis-server")]
    [InlineData("postgres")]
    [InlineData("node")]
    [InlineData("libnode")]
    [InlineData("smbd")]
    [InlineData("mariadbd")]
    [InlineData("mariadbd-pool")]
    public async Task Threads_that_serve_migrate_at_the_points_of_the_profile(string name)
    {
        var patch = await LibcPatch.GetAsync();
        await using var server = await RunningServer.StartAsync(name);
        await using ServerLoad load = new(server.Port, server.Dialogue);
        await ExpectRepliesAsync(load);
        int process = server.Id;
        var profile = ShippedProfiles.ForExecutable(new ProcFs(process).ReadExecutableName());
        Assert.NotNull(profile);

        var applied = await InProcess.ApplyAsync(process, patch, Policy.Points, profile: profile).ExpectAsync(Outcome.Done);
        ExpectPoints(applied);
        await ExpectRepliesAsync(load);
        var reverted = await InProcess.RevertAsync(process, policy: Policy.Points, profile: profile).ExpectAsync(Outcome.Done);
        ExpectPoints(reverted);
        await ExpectRepliesAsync(load);
        output.WriteLine(string.Join('\n', applied.Threads.Select(t => $"{t.Name} {t.Path}")));
    }

    private static void ExpectPoints(TransitionReport report)
    {
        Assert.Equal(PolicyChoice.PointsName, report.Policy);
        Assert.Contains(report.Threads, t => t.Path == MigrationPath.Point);
    }

    private static async Task ExpectRepliesAsync(ServerLoad load)
    {
        long before = load.Replies;
        await Until.TrueAsync(() =>
        {
            load.ExpectAlive();
            return load.Replies >= before + Enough;
        });
    }
}
