// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Matrix;

/// <summary>Two hundred threads that serve a request now and then, or wait.</summary>
public sealed class ManyThreadsTests
{
    private const int Threads = 200;

    /// <summary>Two hundred that never paused would take the machine from everybody else.</summary>
    private const int PauseUs = 50_000;

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Those_that_serve_all_change_and_change_back(Policy policy)
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 0, busy: Threads, pauseUs: PauseUs);
        var applied = await InProcess.ApplyAsync(sample.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.True(applied.Threads.Length > Threads);
        await sample.ExpectBusyThreadsServeAsync(2);
        await InProcess.RevertAsync(sample.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(1);
        await sample.ExpectNoMixedRequestsAsync(policy == Policy.Stack ? "stack" : "points", transitions: 2);
    }

    [Fact]
    public async Task Waiting_ones_are_migrated_from_outside_and_go_on_waiting()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: Threads, busy: 0);
        await sample.ExpectRepliesOfAsync(1);
        var applied = await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal(Threads, applied.Threads.Count(t => t.Name.StartsWith("worker-", StringComparison.Ordinal) && t.Path == MigrationPath.Outside));
        await sample.ExpectRepliesOfAsync(2);
        await InProcess.RevertAsync(sample.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(1);
    }
}
