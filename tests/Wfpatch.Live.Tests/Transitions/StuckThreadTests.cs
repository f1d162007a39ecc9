// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>One thread stays inside a replaced function. The others do not wait for it, it is named, and nothing is lost.</summary>
public sealed class StuckThreadTests(ITestOutputHelper output)
{
    private const string Stuck = "stuck-0";
    private const int FutexCall = 202;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task The_others_migrate_and_it_is_named_until_it_leaves(Policy policy)
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await StartAsync(patch);
        await sample.AskAsync("reset");

        var pending = await InProcess.ApplyAsync(sample.Id, patch, policy, Short, InProcess.SampleProfile).ExpectAsync(Outcome.Pending);
        var held = Assert.Single(pending.Threads, t => t.Path == MigrationPath.Pending);
        ExpectBlocker(held);
        Assert.Contains(Stuck, pending.Message, StringComparison.Ordinal);
        await ExpectOthersServeAsync(sample, 2);
        Assert.Equal(0, StuckOf(await sample.ReportAsync()).Requests);
        await ReportGapAsync(sample, policy);
        await ExpectStatusNamesItAsync(sample.Id, held.Id);

        // It was asked in the old version, so the old one answers. What it asks next, the new one does. Under stack it has a return hook, and
        // migrates when it returns from the function that held it: the next steps of this request are new ones.
        Assert.Equal(policy == Policy.Stack ? "released v1 v1 v2 v2" : "released v1 v1 v1 v1", await sample.AskAsync("release"));
        var done = await InProcess.ApplyAsync(sample.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal(pending.Generation, done.Generation);
        await sample.ExpectBusyThreadsServeAsync(2);
        await sample.ExpectNoMixedRequestsAsync(done.Policy, transitions: 1);
    }

    [Fact]
    public async Task Points_stay_armed_without_a_controller()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await StartAsync(patch);
        await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, TimeSpan.FromMilliseconds(300), InProcess.SampleProfile).ExpectAsync(Outcome.Pending);

        Assert.Equal("released v1 v1 v1 v1", await sample.AskAsync("release"));
        await Until.TrueAsync(() => InProcess.StatusAsync(sample.Id), status => status.Threads.Single(t => t.Name == Stuck).Path != MigrationPath.Pending);
        await sample.ExpectBusyThreadsServeAsync(2);

        await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal(Outcome.Done, (await InProcess.StatusAsync(sample.Id)).Outcome);
        await sample.ExpectBusyThreadsServeAsync(2);
        await sample.ExpectNoMixedRequestsAsync("points", transitions: 1);
    }

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task A_revert_of_the_open_transition_does_not_wait_for_it(Policy policy)
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await StartAsync(patch);
        var pending = await InProcess.ApplyAsync(sample.Id, patch, policy, TimeSpan.FromMilliseconds(300), InProcess.SampleProfile).ExpectAsync(Outcome.Pending);

        var reverted = await InProcess.RevertAsync(sample.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal((TransitionKind.Revert, pending.Generation + 1), (reverted.Kind, reverted.Generation));
        await ExpectOthersServeAsync(sample, 1);
        var status = await InProcess.StatusAsync(sample.Id);
        Assert.Equal((Outcome.Done, 1), (status.Outcome, status.Generations.Length)); // the program as started, and nothing else
        Assert.Equal("released v1 v1 v1 v1", await sample.AskAsync("release"));
        await sample.ExpectBusyThreadsServeAsync(1);
        await sample.ExpectNoMixedRequestsAsync(reverted.Policy, transitions: 2);
    }

    [Fact]
    public async Task Another_patch_is_refused_as_long_as_the_transition_is_open()
    {
        var (patch, other) = (await TestPatches.GetAsync("stuck"), await TestPatches.GetAsync("stuck", 2, 3));
        await using var sample = await StartAsync(patch);
        await InProcess.ApplyAsync(sample.Id, patch, timeout: TimeSpan.FromMilliseconds(100)).ExpectAsync(Outcome.Pending);

        var refused = await InProcess.ApplyAsync(sample.Id, other).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF701", Assert.Single(refused.Refusals).Code);
        Assert.Contains("stuck-1-to-2", refused.Message, StringComparison.Ordinal);
        refused = await InProcess.RevertAsync(sample.Id, "stuck-2-to-3").ExpectAsync(Outcome.Refused);
        Assert.Equal("WF701", Assert.Single(refused.Refusals).Code);
    }

    [Fact]
    public async Task The_command_line_names_it_and_says_so_in_its_exit_code()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await StartAsync(patch);
        string pid = sample.Id.ToString(CultureInfo.InvariantCulture);

        var apply = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid, "--timeout", "3s"); // for the other threads, however busy the machine is
        Assert.Equal("pending", apply.Result);
        var held = Assert.Single(apply.Document.GetProperty("threads").EnumerateArray(), t => t.GetProperty("how").GetString() == "pending");
        Assert.Equal((Stuck, "step_lookup"), (held.GetProperty("name").GetString(), held.GetProperty("blocker").GetProperty("function").GetString()));

        var status = await WfpatchCommand.RunAsync("status", "--pid", pid);
        Assert.Equal("pending", status.Result);
        var blocker = Assert.Single(status.Document.GetProperty("threads").EnumerateArray(), t => t.GetProperty("name").GetString() == Stuck).GetProperty("blocker");
        Assert.Equal("step_lookup", blocker.GetProperty("function").GetString());
        Assert.InRange(blocker.GetProperty("frame").GetInt32(), 1, 20);

        var text = await WfpatchCommand.RunPlainAsync("status", "--pid", pid);
        Assert.Equal(3, text.Status.Code);
        Assert.Contains($"{held.GetProperty("tid").GetInt32()} {Stuck}: it is in step_lookup", text.Output, StringComparison.Ordinal);

        Assert.Equal("done", (await WfpatchCommand.RunAsync("revert", "--pid", pid)).Result);
        Assert.Equal("done", (await WfpatchCommand.RunAsync("status", "--pid", pid)).Result);
    }

    /// <summary>Waits until the thread is where it will stay.</summary>
    private static async Task<RunningSample> StartAsync(TestPatch patch)
    {
        var sample = await RunningSample.StartAsync("stuck", patch);
        ProcFs proc = new(sample.Id);
        await Until.TrueAsync(sample.ReportAsync, report => proc.ReadActivity(StuckOf(report).Tid) is { IsBlocked: true, Number: FutexCall });
        return sample;
    }

    private static SampleThread StuckOf(SampleReport report) => report.Threads.Single(t => t.Name == Stuck);

    private static Task<SampleReport> ExpectOthersServeAsync(RunningSample sample, int version) => sample.ExpectBusyThreadsServeAsync(version, Stuck);

    private static async Task ExpectStatusNamesItAsync(int process, int thread)
    {
        var status = await InProcess.StatusAsync(process);
        Assert.Equal(Outcome.Pending, status.Outcome);
        var held = Assert.Single(status.Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal(thread, held.Id);
        ExpectBlocker(held);
    }

    private static void ExpectBlocker(ThreadReport held)
    {
        Assert.Equal((Stuck, "step_lookup"), (held.Name, held.Blocker!.Function));
        Assert.True(held.Blocker.Frame > 0, "it is in a call that step_lookup made");
    }

    private async Task ReportGapAsync(RunningSample sample, Policy policy)
    {
        var report = await sample.ReportAsync();
        output.WriteLine($"{policy}: largest time between two requests of a busy thread, from before the apply until after it: {report.GapUs:0} us");
    }
}
