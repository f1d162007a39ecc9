// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Consistency;

/// <summary>All threads go over in one instant, or none does: at no time do two of them execute different versions of the changed functions.</summary>
public sealed class GlobalTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(16, 1000)]
    [InlineData(200, 20_000)]
    public async Task Versions_never_meet(int threads, int pauseUs)
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, threads, "--pause-us", $"{pauseUs}");
        // One that is held outside may have the lock that the others wait for inside: a short wait and another try, and not a long wait, gets over that.
        var maxWait = pauseUs == 0 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(2);
        for (int cycle = 0; cycle < 5; cycle++)
        {
            var applied = await InProcess.ApplyGlobalAsync(apart.Id, patch, maxWait: maxWait).ExpectAsync(Outcome.Done);
            ExpectTogether(applied, threads + 1);
            await apart.ExpectApartAsync(2);
            var reverted = await InProcess.RevertAsync(apart.Id, consistency: null, maxWait).ExpectAsync(Outcome.Done);
            ExpectTogether(reverted, threads + 1);
            await apart.ExpectApartAsync(1);
            await InProcess.ExpectNoDifferenceAsync(apart.Id);
        }
    }

    /// <summary>The test target is worth something: thread by thread, versions meet.</summary>
    [Fact]
    public async Task Thread_by_thread_they_do()
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 8, "--pause-us", "0");
        await Until.TrueAsync(
            async () =>
            {
                await InProcess.ApplyAsync(apart.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
                await InProcess.RevertAsync(apart.Id).ExpectAsync(Outcome.Done);
                return await apart.ReportAsync();
            },
            report => report.Overlaps > 0);
    }

    /// <summary>Both kinds of transitions use the same trampolines in turn.</summary>
    [Fact]
    public async Task Global_and_local_transitions_take_turns()
    {
        var patch = await TestPatches.GetAsync("apart");
        var next = await TestPatches.GetAsync("apart", 2, 3);
        await using var apart = await VersionsApart.StartAsync(patch, 8);
        for (int cycle = 0; cycle < 3; cycle++)
        {
            long overlaps = (await apart.ReportAsync()).Overlaps;
            await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
            await InProcess.ApplyGlobalAsync(apart.Id, next).ExpectAsync(Outcome.Done);
            await Until.TrueAsync(apart.ReportAsync, r => r.Newest == 3);
            Assert.Equal(overlaps, (await apart.ReportAsync()).Overlaps);
            Assert.Equal(Core.Patches.Consistency.Global, (await InProcess.RevertAsync(apart.Id).ExpectAsync(Outcome.Done)).Consistency);
            await InProcess.RevertAsync(apart.Id).ExpectAsync(Outcome.Done);
            Assert.Equal(overlaps, (await apart.ReportAsync()).Overlaps);
            Assert.Equal(Core.Patches.Consistency.Local, (await InProcess.ApplyAsync(apart.Id, patch).ExpectAsync(Outcome.Done)).Consistency);
            Assert.Equal(Core.Patches.Consistency.Local, (await InProcess.RevertAsync(apart.Id).ExpectAsync(Outcome.Done)).Consistency);
            await InProcess.ExpectNoDifferenceAsync(apart.Id);
        }
    }

    [Fact]
    public async Task A_child_that_is_forked_meanwhile_runs_one_version()
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 3, "--forks", "1");
        for (int cycle = 0; cycle < 10; cycle++)
        {
            await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
            await apart.ExpectApartAsync(2);
            await InProcess.RevertAsync(apart.Id, consistency: null).ExpectAsync(Outcome.Done);
            await apart.ExpectApartAsync(1);
        }
    }

    [Fact]
    public async Task One_that_never_comes_is_named_and_all_go_on()
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 4, "--stay", "1");
        await Until.TrueAsync(apart.ReportAsync, r => r.Calls > 10);

        var refused = await InProcess.ApplyGlobalAsync(apart.Id, patch, timeout: TimeSpan.FromMilliseconds(500), maxWait: TimeSpan.FromMilliseconds(50)).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF721", Assert.Single(refused.Refusals).Code);
        Assert.Contains("stayer: it is in stay, which the patch replaces", refused.Message, StringComparison.Ordinal);
        Assert.All(refused.Attempts, a => Assert.Contains(a.Missing, m => m.Name == "stayer"));
        await apart.ExpectApartAsync(1);
        Assert.Single((await InProcess.StatusAsync(apart.Id)).Generations);
        await InProcess.ExpectNoDifferenceAsync(apart.Id);

        // Refused with the other kind of bank in between, and then without.
        await InProcess.ApplyAsync(apart.Id, patch, timeout: TimeSpan.FromMilliseconds(200)).ExpectAsync(Outcome.Pending);
        await InProcess.RevertAsync(apart.Id).ExpectAsync(Outcome.Done);
        long overlaps = (await apart.ReportAsync()).Overlaps;
        Assert.Equal("released", await apart.ReleaseAsync());
        await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(apart.ReportAsync, r => r.Newest == 2);
        Assert.Equal(overlaps, (await apart.ReportAsync()).Overlaps);
    }

    /// <summary>A call that says that a thread has ended, while it lives, is not believed: the thread is in old code, and would stay in it while all others go over.</summary>
    [Fact]
    public async Task One_of_which_a_call_says_that_it_has_ended_is_waited_for()
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 4, "--stay", "1");
        await Until.TrueAsync(apart.ReportAsync, r => r.Calls > 10);
        int stayer = new ProcFs(apart.Id).ReadThreads().Single(t => new ProcFs(apart.Id).ReadThreadName(t) == "stayer");
        var options = new TransitionOptions(Policy.Stack, null, TimeSpan.FromMilliseconds(500)) { Consistency = Core.Patches.Consistency.Global, MaxWait = TimeSpan.FromMilliseconds(50) };
        var linux = new EndedThread(new NativeLinux(), stayer);
        await Task.Run(() => new Commands(linux).Apply(apart.Id, patch.Patch, options)).ExpectAsync(Outcome.Refused);
        Assert.True(linux.Asked > 0, "nobody wanted to stop it");
        await apart.ExpectApartAsync(1);
    }

    /// <summary>Threads that are blocked in every way are held and go on unseen; those in calls that must not be disturbed are waited for, and nobody waits with them.</summary>
    [Fact]
    public async Task Blocked_calls_are_not_disturbed()
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(4));
        var refused = await InProcess.ApplyGlobalAsync(calls.Id, patch, timeout: TimeSpan.FromSeconds(1), maxWait: TimeSpan.FromMilliseconds(200)).ExpectAsync(Outcome.Refused);
        Assert.Contains("which cannot be restarted unseen", refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Attempts);
        foreach (var woken in await calls.AllAsync())
        {
            calls.ExpectUndisturbed(woken);
            Assert.Equal((woken.Name, 1), (woken.Name, woken.Answer));
        }
        await InProcess.ApplyGlobalAsync(calls.Id, patch).ExpectAsync(Outcome.Done);
    }

    [Theory]
    [InlineData("futex")]
    [InlineData("epoll")]
    [InlineData("epoll-timed")]
    [InlineData("epoll_pwait-timed")]
    [InlineData("read_pipe")]
    public async Task A_blocked_thread_goes_over_and_its_call_goes_on(string way)
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(4), way);
        await InProcess.ApplyGlobalAsync(calls.Id, patch).ExpectAsync(Outcome.Done);
        var woken = Assert.Single(await calls.AllAsync());
        calls.ExpectUndisturbed(woken);
        Assert.Equal(2, woken.Answer);
    }

    [Fact]
    public async Task Threads_that_come_and_go_all_the_time_go_over()
    {
        var patch = await TestPatches.GetAsync("churn");
        await using var churn = await PatchableTarget.StartAsync("churn", patch);
        for (int cycle = 0; cycle < 3; cycle++)
        {
            await InProcess.ApplyGlobalAsync(churn.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
            await InProcess.RevertAsync(churn.Id, consistency: null).ExpectAsync(Outcome.Done);
        }
        await InProcess.ExpectNoDifferenceAsync(churn.Id);
    }

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Requests_are_served_by_one_version(Policy policy)
    {
        var patch = await TestPatches.GetAsync("busy");
        await using var sample = await RunningSample.StartAsync("busy", patch);
        var done = await InProcess.ApplyGlobalAsync(sample.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectBusyThreadsServeAsync(2);
        await sample.ExpectNoMixedRequestsAsync(done.Policy, transitions: 1);
    }

    [Fact]
    public async Task Nothing_is_allocated_while_threads_stand_still()
    {
        const int Threads = 12;
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, Threads);
        var watch = new StandstillWatch(new NativeLinux());
        var commands = new Commands(watch);
        var options = new TransitionOptions(Policy.Stack, null, InProcess.Ample) { Consistency = Core.Patches.Consistency.Global, MaxWait = TimeSpan.FromSeconds(2) };
        // The first time is the run-time's own: it compiles what it runs.
        for (int cycle = 0; cycle < 2; cycle++)
        {
            watch.Reset();
            Assert.Equal(Outcome.Done, commands.Apply(apart.Id, patch.Patch, options).Outcome);
            Assert.Equal(Outcome.Done, commands.Revert(apart.Id, null, options).Outcome);
        }
        Assert.Equal((Threads + 1, 0), (watch.MostStopped, watch.Allocated));
    }

    /// <summary>A controller that held some threads and waited for a processor like any other program made them wait longer than the bound. It goes on before all
    /// others from the first thread's stop until the last one is let go, in vain or not; and it never waits for one thread without an end.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 50)]
    public async Task Who_holds_threads_lets_nobody_go_first(int pauseUs, int maxWaitMs)
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 4, "--pause-us", $"{pauseUs}");
        var watch = new StandstillWatch(new NativeLinux());
        var commands = new Commands(watch);
        var options = new TransitionOptions(Policy.Stack, null, TimeSpan.FromSeconds(1)) { Consistency = Core.Patches.Consistency.Global, MaxWait = TimeSpan.FromMilliseconds(maxWaitMs) };
        // Where the machine has no time for any of it, nobody is held: then it is tried again.
        while (watch.MostStopped < 2)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var report = commands.Apply(apart.Id, patch.Patch, options);
            output.WriteLine($"{report.Message} {report.Attempts.Length} attempts, {watch.MostStopped} held");
            Assert.True(report.Outcome is Outcome.Done or Outcome.Refused, report.Message);
            _ = report.Outcome == Outcome.Done ? commands.Revert(apart.Id, null, options) : null;
        }
        Assert.Equal((0, 0), (watch.Yielded, watch.WaitedForOne));
    }

    [Fact]
    public async Task What_the_patch_declares_is_kept()
    {
        var patch = await TestPatches.BuildGlobalAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 2);

        var refused = await InProcess.ApplyAsync(apart.Id, patch, Core.Patches.Consistency.Local).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF723", Assert.Single(refused.Refusals).Code);
        refused = await InProcess.ApplyAsync(apart.Id, patch, null, CanaryChoice.Any(1)).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF722", Assert.Single(refused.Refusals).Code);

        Assert.Equal(Core.Patches.Consistency.Global, (await InProcess.ApplyAsync(apart.Id, patch, consistency: null).ExpectAsync(Outcome.Done)).Consistency);
        refused = await InProcess.RevertAsync(apart.Id, Core.Patches.Consistency.Local).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF723", Assert.Single(refused.Refusals).Code);
        Assert.Equal(Core.Patches.Consistency.Global, (await InProcess.RevertAsync(apart.Id, consistency: null).ExpectAsync(Outcome.Done)).Consistency);
        await apart.ExpectApartAsync(1);
    }

    [Fact]
    public async Task The_command_line_prints_who_waited_and_who_was_missing()
    {
        var patch = await TestPatches.BuildGlobalAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 4, "--stay", "1");
        string pid = apart.Id.ToString(CultureInfo.InvariantCulture);

        var refused = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid, "--timeout", "300ms");
        Assert.Equal(("refused", "WF721", "global"), (refused.Result, Assert.Single(refused.Codes), refused.Document.GetProperty("consistency").GetString()));
        Assert.All(refused.Document.GetProperty("attempts").EnumerateArray(), a => Assert.True(a.GetProperty("waited_us").GetDouble() > 0 && a.GetProperty("held").GetInt32() > 0));
        Assert.Equal(2, (await WfpatchCommand.RunPlainAsync("apply", patch.File, "--pid", pid, "--max-wait", "11s")).Status.Code);

        await apart.ReleaseAsync();
        var done = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid, "--max-wait", "2s");
        Assert.Equal("done", done.Result);
        Assert.True(done.Document.GetProperty("longest_wait_us").GetDouble() > 0);
        Assert.All(done.Document.GetProperty("threads").EnumerateArray(), t => Assert.Equal("together", t.GetProperty("how").GetString()));
        var text = await WfpatchCommand.RunPlainAsync("revert", "--pid", pid, "--max-wait", "2s");
        Assert.Contains("all threads at once: ", text.Output, StringComparison.Ordinal);
        output.WriteLine(text.Output);
    }

    private void ExpectTogether(TransitionReport report, int threads)
    {
        Assert.Equal(threads, report.Threads.Length);
        Assert.All(report.Threads, t => Assert.Equal((MigrationPath.Together, report.Generation), (t.Path, t.Generation)));
        Assert.NotEmpty(report.Attempts);
        Assert.Empty(report.Attempts[^1].Missing);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Kind}: {report.Attempts.Length} attempts, longest wait {report.LongestWait.TotalMilliseconds:0.00} ms, {report.Stops} other stops"));
    }

    /// <summary>The kernel, but it says of one thread that it is not there.</summary>
    private sealed class EndedThread(ILinux real, int thread) : ForwardedLinux(real)
    {
        public int Asked { get; private set; }

        public override int Seize(int id)
        {
            Asked += id == thread ? 1 : 0;
            return id == thread ? Errno.NoSuchProcess : base.Seize(id);
        }
    }
}
