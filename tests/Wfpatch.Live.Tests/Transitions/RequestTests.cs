// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Under the policy points a request is served by one version, however long it takes and wherever it waits.</summary>
public sealed class RequestTests
{
    private const int FutexCall = 202;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thread_that_waits_in_the_middle_of_a_request_is_not_migrated_there()
    {
        var patch = await TestPatches.GetAsync("midway");
        await using var midway = await PatchableTarget.StartAsync("midway", patch);
        ProcFs proc = new(midway.Id);
        await Until.TrueAsync(() => proc.ReadThreads().Any(t => t != midway.Id && proc.ReadActivity(t) is { IsBlocked: true, Number: FutexCall }));

        var pending = await InProcess.ApplyAsync(midway.Id, patch, Policy.Points, TimeSpan.FromMilliseconds(500), InProcess.SampleProfile).ExpectAsync(Outcome.Pending);
        var held = Assert.Single(pending.Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal(("server", "handle_request"), (held.Name, held.Blocker!.Function));
        Assert.Contains("request", held.Blocker.Sentence, StringComparison.Ordinal);
        var seen = Assert.Single((await InProcess.StatusAsync(midway.Id)).Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal(held.Blocker.Function, seen.Blocker!.Function);

        Assert.Equal("served 1 1", await midway.AskAsync("release", Cancel));
        await InProcess.ApplyAsync(midway.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(() => midway.AskAsync("report", Cancel), answer => answer == "latest 2 2");
    }
}
