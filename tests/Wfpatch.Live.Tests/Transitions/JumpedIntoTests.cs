// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A replaced function that is returned to by longjmp: its frame keeps the thread in the old version, however often it is jumped back into
/// (docs/decisions/0040).</summary>
public sealed class JumpedIntoTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_jumps_back_into_old_code_has_not_migrated()
    {
        var patch = await TestPatches.GetAsync("jumps");
        await using var target = await PatchableTarget.StartAsync("jumps", patch);
        Assert.Equal("jump 1", await target.AskAsync("jump", Cancel));
        await HoldAsync(target, patch);

        Assert.Equal("jump 1", await target.AskAsync("jump", Cancel));
        Assert.Equal("jump 1", await target.AskAsync("jump", Cancel));
        await HoldAsync(target, patch);
        Assert.Equal("jump 1", await target.AskAsync("jump", Cancel));
        Assert.Equal("return 1", await target.AskAsync("return", Cancel)); // by way of the hook: it migrates
        Assert.Equal("jump 2", await target.AskAsync("jump", Cancel));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        Assert.Equal("jump 2", await target.AskAsync("jump", Cancel));
        Assert.Equal("return 2", await target.AskAsync("return", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    [Fact]
    public async Task A_revert_leaves_it_in_the_old_version()
    {
        var patch = await TestPatches.GetAsync("jumps");
        await using var target = await PatchableTarget.StartAsync("jumps", patch);
        var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, Short).ExpectAsync(Outcome.Pending);
        Assert.Equal("serve", report.Threads.Single(t => t.Path == MigrationPath.Pending).Blocker!.Function);
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        Assert.Equal("jump 1", await target.AskAsync("jump", Cancel));
        Assert.Equal("return 1", await target.AskAsync("return", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>Begins the transition, or goes on with it, until the server has its hook.</summary>
    private static async Task HoldAsync(TestTarget target, TestPatch patch)
    {
        TransitionReport report;
        do
        {
            report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, Short).ExpectAsync(Outcome.Pending);
        }
        while (!report.Threads.Single(t => t.Name == "server").Blocker!.IsHooked);
        Assert.Equal("serve", Assert.Single(report.Threads, t => t.Path == MigrationPath.Pending).Blocker!.Function);
    }
}
