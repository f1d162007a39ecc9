// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A patch is tried on some threads: they serve with the new version and all others with the old one, however long it takes,
/// until the others follow or the canaries are taken back.</summary>
public sealed class CanaryTests(ITestOutputHelper output)
{
    private const int Busy = 4;
    private const int FutexCall = 202;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Named_threads_alone_serve_with_the_new_version_until_the_others_follow(Policy policy)
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 2, busy: Busy);
        ImmutableArray<int> chosen = [.. BusyThreads(await sample.ReportAsync()).Take(2).Select(t => t.Tid)];

        var canary = await ApplyAsync(sample, patch, policy, CanaryChoice.Of(chosen));
        Assert.Equal(chosen.Order(), In(canary, 1).Order());
        Assert.All(canary.Threads.Where(t => !chosen.Contains(t.Id)), t => Assert.Equal((MigrationPath.Staying, 0u), (t.Path, t.Generation)));
        output.WriteLine($"{policy}: {canary.Stops} stops, {canary.TransitionTime.TotalMicroseconds:0} us: {string.Join(", ", canary.Threads.Where(t => chosen.Contains(t.Id)).Select(t => t.Path))}");
        await ExpectVersionsAsync(sample, chosen);
        await sample.ExpectRepliesOfAsync(1);
        await ExpectStatusAsync(sample.Id, chosen);

        var advanced = await InProcess.AdvanceAsync(sample.Id).ExpectAsync(Outcome.Done);
        Assert.Equal((1u, canary.Policy), (advanced.Generation, advanced.Policy));
        await sample.ExpectBusyThreadsServeAsync(2);
        await sample.ExpectRepliesOfAsync(2);
        Assert.Equal(Outcome.Done, (await InProcess.StatusAsync(sample.Id)).Outcome);
        await InProcess.RevertAsync(sample.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(1);
        await sample.ExpectNoMixedRequestsAsync(canary.Policy, transitions: 2);
    }

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Any_threads_are_as_many_as_asked_for_and_come_back_with_a_revert(Policy policy)
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: Busy);

        var canary = await ApplyAsync(sample, patch, policy, CanaryChoice.Any(2));
        ImmutableArray<int> first = [.. In(canary, 1)];
        Assert.Equal(2, first.Length);
        await ExpectVersionsAsync(sample, first);

        // Once more for the same number changes nothing; for more, others join them.
        Assert.Equal(first.Order(), In(await ApplyAsync(sample, patch, policy, CanaryChoice.Any(2)), 1).Order());
        var more = await ApplyAsync(sample, patch, policy, CanaryChoice.Any(3));
        Assert.Equal(3, In(more, 1).Length);
        Assert.Subset(In(more, 1).ToHashSet(), first.ToHashSet());
        await ExpectVersionsAsync(sample, In(more, 1));

        var reverted = await InProcess.RevertAsync(sample.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal((TransitionKind.Revert, 2u), (reverted.Kind, reverted.Generation));
        await sample.ExpectBusyThreadsServeAsync(1);
        await sample.ExpectRepliesOfAsync(1);
        Assert.Single((await InProcess.StatusAsync(sample.Id)).Generations); // the program as started, and nothing else

        // And all of it a second time, on the same trampolines.
        var again = await ApplyAsync(sample, patch, policy, CanaryChoice.Any(2));
        Assert.Equal(0, again.BytesAdded);
        await ExpectVersionsAsync(sample, In(again, 3));
        await InProcess.ApplyAsync(sample.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(2);
        await sample.ExpectNoMixedRequestsAsync(canary.Policy, transitions: 4);
    }

    [Fact]
    public async Task A_thread_that_does_not_come_by_a_point_is_given_up_for_another_one()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await RunningSample.StartAsync("stuck", patch);
        var all = (await sample.ReportAsync()).Threads;
        int stuck = all.Single(t => t.Name == "stuck-0").Tid;

        var named = await InProcess.ApplyAsync(
            sample.Id, patch, Policy.Points, TimeSpan.FromMilliseconds(300), InProcess.SampleProfile, CanaryChoice.Of(stuck)).ExpectAsync(Outcome.Pending);
        Assert.Equal((MigrationPath.Pending, "step_lookup"), (named.Threads.Single(t => t.Id == stuck).Path, named.Threads.Single(t => t.Id == stuck).Blocker!.Function));
        Assert.Equal(Outcome.Pending, (await InProcess.StatusAsync(sample.Id)).Outcome);

        int others = named.Threads.Length - 1;
        var canary = await ApplyAsync(sample, patch, Policy.Points, CanaryChoice.Any(others));
        Assert.DoesNotContain(stuck, In(canary, 1));
        Assert.Equal(others, In(canary, 1).Length);
        Assert.Equal("released v1 v1 v1 v1", await sample.AskAsync("release"));
        Assert.Equal(Outcome.Canary, (await InProcess.StatusAsync(sample.Id)).Outcome);
        var before = (await sample.ReportAsync()).Threads.Single(t => t.Tid == stuck).Requests;
        var after = await Until.TrueAsync(sample.ReportAsync, r => r.Threads.Single(t => t.Tid == stuck).Requests > before + 10);
        Assert.Equal(1, after.Threads.Single(t => t.Tid == stuck).Version);
        await InProcess.AdvanceAsync(sample.Id).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(2);
    }

    [Fact]
    public async Task A_canary_in_the_middle_of_a_request_migrates_itself_at_its_next_point()
    {
        var patch = await TestPatches.GetAsync("midway");
        await using var midway = await PatchableTarget.StartAsync("midway", patch);
        ProcFs proc = new(midway.Id);
        await Until.TrueAsync(() => proc.ReadThreads().Any(t => t != midway.Id && proc.ReadActivity(t) is { IsBlocked: true, Number: FutexCall }));
        int server = proc.ReadThreads().Single(t => t != midway.Id);

        var pending = await InProcess.ApplyAsync(
            midway.Id, patch, Policy.Points, TimeSpan.FromMilliseconds(200), InProcess.SampleProfile, CanaryChoice.Of(server)).ExpectAsync(Outcome.Pending);
        Assert.Equal("handle_request", Assert.Single(pending.Threads, t => t.Path == MigrationPath.Pending).Blocker!.Function);
        Assert.Equal("served 1 1", await midway.AskAsync("release", Cancel));
        await Until.TrueAsync(() => InProcess.StatusAsync(midway.Id), status => status.Outcome == Outcome.Canary);
        await Until.TrueAsync(() => midway.AskAsync("report", Cancel), answer => answer == "latest 2 2");
        Assert.Equal(0u, (await InProcess.StatusAsync(midway.Id)).Threads.Single(t => t.Id == midway.Id).Generation);
        await InProcess.RevertAsync(midway.Id, policy: Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(() => midway.AskAsync("report", Cancel), answer => answer == "latest 1 1");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        var (patch, other) = (await TestPatches.GetAsync("sample"), await TestPatches.GetAsync("sample", 2, 3));
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 1);

        await ExpectRefusedAsync("WF710", InProcess.AdvanceAsync(sample.Id));
        await ExpectRefusedAsync("WF708", InProcess.ApplyAsync(sample.Id, patch, canary: CanaryChoice.Any(1000)));
        await ExpectRefusedAsync("WF708", InProcess.ApplyAsync(sample.Id, patch, canary: CanaryChoice.Of(1)));
        Assert.Empty((await InProcess.StatusAsync(sample.Id)).Generations.Skip(1));

        await ApplyAsync(sample, patch, Policy.Auto, CanaryChoice.Any(1));
        await ExpectRefusedAsync("WF701", InProcess.ApplyAsync(sample.Id, other));
        await ExpectRefusedAsync("WF708", InProcess.ApplyAsync(sample.Id, patch, canary: CanaryChoice.Of(1)));
        await InProcess.AdvanceAsync(sample.Id).ExpectAsync(Outcome.Done);
        await ExpectRefusedAsync("WF710", InProcess.AdvanceAsync(sample.Id));
    }

    /// <summary>From all there is no way back to some.</summary>
    [Fact]
    public async Task A_transition_that_is_open_for_all_has_no_canaries()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await RunningSample.StartAsync("stuck", patch);
        var brief = TimeSpan.FromMilliseconds(300);
        await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, brief, InProcess.SampleProfile).ExpectAsync(Outcome.Pending);
        await ExpectRefusedAsync("WF709", InProcess.ApplyAsync(sample.Id, patch, Policy.Points, brief, InProcess.SampleProfile, CanaryChoice.Any(1)));
        Assert.Equal("released v1 v1 v1 v1", await sample.AskAsync("release"));
        await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(2);
    }

    [Fact]
    public async Task The_command_line_tries_shows_and_advances()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 2);
        string pid = sample.Id.ToString(CultureInfo.InvariantCulture);
        int chosen = BusyThreads(await sample.ReportAsync()).First().Tid;

        var canary = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid, "--canary", $"{chosen},");
        Assert.Equal("canary", canary.Result);
        Assert.Equal(chosen, Assert.Single(canary.Document.GetProperty("threads").EnumerateArray(), t => t.GetProperty("how").GetString() != "staying").GetProperty("tid").GetInt32());

        var status = await WfpatchCommand.RunAsync("status", "--pid", pid);
        Assert.Equal(("canary", 1), (status.Result, status.Document.GetProperty("canaries").GetInt32()));
        var text = await WfpatchCommand.RunPlainAsync("status", "--pid", pid);
        Assert.Equal(6, text.Status.Code);
        Assert.Contains($"canary: {chosen} busy-", text.Output, StringComparison.Ordinal);

        Assert.Equal("done", (await WfpatchCommand.RunAsync("advance", "--pid", pid)).Result);
        Assert.Equal("usage", (await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid, "--canary", "few")).Result);
        Assert.Equal("done", (await WfpatchCommand.RunAsync("status", "--pid", pid)).Result);
    }

    private static async Task<TransitionReport> ApplyAsync(RunningSample sample, TestPatch patch, Policy policy, CanaryChoice canary) =>
        await InProcess.ApplyAsync(sample.Id, patch, policy, profile: InProcess.SampleProfile, canary: canary).ExpectAsync(Outcome.Canary);

    private static async Task ExpectRefusedAsync(string code, Task<TransitionReport> command) =>
        Assert.Equal(code, Assert.Single((await command.ExpectAsync(Outcome.Refused)).Refusals).Code);

    private static ImmutableArray<int> In(TransitionReport report, uint generation) => [.. report.Threads.Where(t => t.Generation == generation && t.Path != MigrationPath.Exited).Select(t => t.Id)];

    private static IEnumerable<SampleThread> BusyThreads(SampleReport report) => report.Threads.Where(t => t.Name.StartsWith("busy", StringComparison.Ordinal));

    /// <summary>From here on each busy thread serves with the version of its generation, and no request is lost to another one.</summary>
    private static async Task ExpectVersionsAsync(RunningSample sample, ImmutableArray<int> canaries)
    {
        var start = await sample.ReportAsync();
        var from = await Until.TrueAsync(sample.ReportAsync, now => HaveServed(start, now, 2));
        var to = await Until.TrueAsync(sample.ReportAsync, now => HaveServed(from, now, 100));
        foreach (var (before, after) in BusyThreads(from).Zip(BusyThreads(to)))
        {
            bool isCanary = canaries.Contains(after.Tid);
            Assert.Equal((after.Name, isCanary ? 2 : 1), (after.Name, after.Version));
            Assert.Equal((after.Name, isCanary ? before.Old : before.New), (after.Name, isCanary ? after.Old : after.New));
        }
    }

    private static bool HaveServed(SampleReport from, SampleReport to, long requests) =>
        BusyThreads(from).Zip(BusyThreads(to)).All(pair => pair.Second.Requests >= pair.First.Requests + requests);

    private static async Task ExpectStatusAsync(int process, ImmutableArray<int> canaries)
    {
        var status = await InProcess.StatusAsync(process);
        Assert.Equal((Outcome.Canary, canaries.Length), (status.Outcome, status.Canaries));
        Assert.Equal(canaries.Order(), status.Threads.Where(t => t.Generation == 1).Select(t => t.Id).Order());
        Assert.All(status.Threads.Where(t => t.Generation == 0), t => Assert.Equal((MigrationPath.Staying, null), (t.Path, t.Blocker)));
        Assert.Equal(Outcome.Done, (await InProcess.VerifyAsync(process)).Outcome);
    }
}
