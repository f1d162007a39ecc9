// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>After a patch every thread gives the new answer and none gives the old one; after a revert it is the other way round.</summary>
public sealed class ApplyAndRevertTests
{
    private static Profile Profile => InProcess.SampleProfile;

    [Theory]
    [InlineData(Policy.Points, true, "points")]
    [InlineData(Policy.Stack, false, "stack")]
    [InlineData(Policy.Auto, true, "points")]
    [InlineData(Policy.Auto, false, "stack")]
    public async Task Every_thread_changes_and_changes_back(Policy policy, bool withProfile, string used)
    {
        var profile = withProfile ? Profile : null;
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 2, busy: 2);
        await sample.ExpectRepliesOfAsync(1);

        var applied = await InProcess.ApplyAsync(sample.Id, patch, policy, profile: profile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(2);
        await sample.ExpectBusyThreadsServeAsync(2);
        Assert.Equal((used, TransitionKind.Apply, 1u), (applied.Policy, applied.Kind, applied.Generation));
        Assert.Equal(["step_format", "step_lookup", "step_parse", "step_score"], applied.Functions.Select(f => f.Name).Order(StringComparer.Ordinal));
        ExpectIdleThreadsMigratedFromOutside(applied);
        await ExpectSettledStatusAsync(sample.Id, generation: 1, "sample-1-to-2");

        var reverted = await InProcess.RevertAsync(sample.Id, policy: policy, profile: profile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(1);
        await sample.ExpectBusyThreadsServeAsync(1);
        Assert.Equal((used, TransitionKind.Revert, 2u), (reverted.Policy, reverted.Kind, reverted.Generation));
        await ExpectSettledStatusAsync(sample.Id, generation: 2);
        await sample.ExpectNoMixedRequestsAsync(used, transitions: 2);
    }

    [Fact]
    public async Task Points_migrate_busy_threads_without_a_stop()
    {
        var patch = await TestPatches.GetAsync("busy");
        await using var busy = await RunningSample.StartAsync("busy", patch);
        var report = await InProcess.ApplyAsync(busy.Id, patch, Policy.Points, profile: Profile).ExpectAsync(Outcome.Done);
        var workers = report.Threads.Where(t => t.Name.StartsWith("busy-", StringComparison.Ordinal)).ToList();
        Assert.Equal(16, workers.Count);
        Assert.All(workers, t => Assert.Equal(MigrationPath.Point, t.Path));
        await busy.ExpectBusyThreadsServeAsync(2);
        await busy.ExpectNoMixedRequestsAsync("points", transitions: 1);
    }

    [Fact]
    public async Task A_second_patch_goes_on_top_and_both_come_off()
    {
        var (first, second) = (await TestPatches.GetAsync("sample"), await TestPatches.GetAsync("sample", 2, 3));
        await using var sample = await RunningSample.StartAsync(first, workers: 2, busy: 2);

        await InProcess.ApplyAsync(sample.Id, first, profile: Profile).ExpectAsync(Outcome.Done);
        await InProcess.ApplyAsync(sample.Id, second, profile: Profile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(3);
        await sample.ExpectBusyThreadsServeAsync(3);
        await ExpectSettledStatusAsync(sample.Id, generation: 2, "sample-1-to-2", "sample-2-to-3");

        var refused = await InProcess.RevertAsync(sample.Id, first.Patch.Id, profile: Profile).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF703", Assert.Single(refused.Refusals).Code);
        Assert.Contains("sample-2-to-3", refused.Message, StringComparison.Ordinal);
        await sample.ExpectRepliesOfAsync(3);

        await InProcess.RevertAsync(sample.Id, second.Patch.Id, profile: Profile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(2);
        await sample.ExpectBusyThreadsServeAsync(2);

        await InProcess.RevertAsync(sample.Id, "sample-1-to-2", profile: Profile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(1);
        await sample.ExpectBusyThreadsServeAsync(1);
        await ExpectSettledStatusAsync(sample.Id, generation: 4);
        await sample.ExpectNoMixedRequestsAsync("points", transitions: 4);
    }

    [Fact]
    public async Task Applied_again_after_a_revert_it_adds_nothing()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 1);
        await InProcess.ApplyAsync(sample.Id, patch).ExpectAsync(Outcome.Done);
        string maps = ExecutableMappings(sample.Id);
        for (int round = 0; round < 5; round++)
        {
            await InProcess.RevertAsync(sample.Id).ExpectAsync(Outcome.Done);
            await sample.ExpectRepliesOfAsync(1);
            var again = await InProcess.ApplyAsync(sample.Id, patch).ExpectAsync(Outcome.Done);
            Assert.Equal(0, again.BytesAdded);
            await sample.ExpectRepliesOfAsync(2);
        }
        Assert.Equal(maps, ExecutableMappings(sample.Id));
    }

    [Fact]
    public async Task A_program_with_one_thread_changes_and_keeps_its_static_variable()
    {
        var patch = await TestPatches.GetAsync("single");
        await using TestTarget single = await PatchableTarget.StartAsync("single", patch);
        await InProcess.ApplyAsync(single.Id, patch).ExpectAsync(Outcome.Done);
        await ExpectLatestAsync(2);
        await InProcess.RevertAsync(single.Id).ExpectAsync(Outcome.Done);
        await ExpectLatestAsync(1);

        async Task ExpectLatestAsync(int version)
        {
            // The answer that is asked for now may have been computed before the transition, the one after it not.
            _ = await single.AskAsync("report");
            Assert.EndsWith($" latest {version}", await single.AskAsync("report"), StringComparison.Ordinal);
        }
    }

    private static void ExpectIdleThreadsMigratedFromOutside(TransitionReport report)
    {
        Assert.All(report.Threads, t => Assert.Null(t.Blocker));
        Assert.All(["idle-cond", "idle-epoll", "idle-sleep", "acceptor"], name =>
            Assert.Equal(MigrationPath.Outside, report.Threads.Single(t => t.Name == name).Path));
    }

    private static async Task ExpectSettledStatusAsync(int process, uint generation, params string[] patches)
    {
        var status = await InProcess.StatusAsync(process);
        Assert.Equal(Outcome.Done, status.Outcome);
        Assert.Equal(patches, status.Generations.Skip(1).Select(g => g.PatchName));
        Assert.All(status.Threads, t => Assert.Equal((generation, null), (t.Generation, t.Blocker)));
    }

    private static string ExecutableMappings(int process) => string.Join('\n', File.ReadLines($"/proc/{process}/maps").Where(l => l.Contains(" r-xp ", StringComparison.Ordinal)));
}
