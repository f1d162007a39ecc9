// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Audits;
using Wfpatch.Live.Tests.Crashes;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A function whose second instruction is evicted for its redirect, one whose entry becomes a short jump into an evicted instruction, and one that is redirected in a
/// stop of all threads, patched while two threads call it without a pause.</summary>
public sealed class EvictionTests(ITestOutputHelper output)
{
    private const int Cycles = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("successor")]
    [InlineData("neighbour")]
    [InlineData("stop")]
    public async Task It_is_patched_and_reverted_again_and_again(string tactic)
    {
        var patch = await TestPatches.GetAsync(ProgramOf(tactic));
        await using var target = await PatchableTarget.StartAsync(ProgramOf(tactic), patch);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            var applied = await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
            Assert.Equal(tactic, Assert.Single(applied.Functions).Tactic);
            await ExpectAnswersAsync(target, version: 2);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await ExpectAnswersAsync(target, version: 1);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
    }

    /// <summary>Also between the eviction and the redirect: what was evicted is evicted again, or stays.</summary>
    [Theory]
    [InlineData("successor")]
    [InlineData("neighbour")]
    [InlineData("stop")]
    public async Task A_controller_killed_before_any_change_leaves_a_program_that_the_next_one_patches(string tactic)
    {
        string program = ProgramOf(tactic);
        var patch = await TestPatches.GetAsync(program);
        int steps = 0;
        bool killed = true;
        while (killed)
        {
            await using var target = await PatchableTarget.StartAsync(program, patch);
            killed = await KilledController.RunAsync(steps + 1, ["apply", patch.File, target.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack)], Outcome.Done);
            steps += killed ? 1 : 0;
            Assert.EndsWith(" wrong 0", await target.AskAsync("report", Cancel), StringComparison.Ordinal);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            if (steps % 2 == 0)
            {
                await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
                await ExpectAnswersAsync(target, version: 2);
            }
            var reverted = await InProcess.RevertAsync(target.Id, policy: Policy.Stack);
            Assert.True(reverted.Outcome == Outcome.Done || reverted.Refusals is [{ Code: "WF702" }], reverted.Message); // WF702: nothing was applied yet
            await ExpectAnswersAsync(target, version: 1);
        }
        output.WriteLine($"killed before each of {steps} changes");
        Assert.True(steps > 10, $"{steps} steps");
    }

    [Theory]
    [InlineData("successor")]
    [InlineData("neighbour")]
    public async Task A_change_of_what_was_evicted_is_reported(string program)
    {
        var patch = await TestPatches.GetAsync(program);
        await using var target = await PatchableTarget.StartAsync(program, patch);
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        using var memory = new PatchedMemory(target.Id);
        var redirect = Assert.Single(memory.State.Redirects);
        // Behind the jump of the copy: it is not executed.
        var at = redirect.Plan.Evicted!.TrampolineRange.End - 1;
        memory.Flip(at);
        var report = await InProcess.VerifyAsync(target.Id);
        memory.Flip(at);
        var difference = Assert.Single(report.Differences);
        Assert.Equal(("WF621", $"trampoline of {redirect.Name}'s evicted instruction", at), (difference.Kind.Code, difference.What, difference.Address));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>A thread that ran a moment ago may be in vfork(2) when it is asked to stop: the others go on, it is let go when it stops, and all is tried again.</summary>
    [Fact]
    public async Task One_that_does_not_stop_makes_nobody_wait()
    {
        var patch = await TestPatches.GetAsync("stopped");
        await using var target = await PatchableTarget.StartAsync("stopped", patch);
        var linux = new TardyLinux(new NativeLinux(), others: 1);
        var applied = new Commands(linux).Apply(target.Id, patch.Patch, new TransitionOptions(Policy.Stack, null, InProcess.Ample));
        Assert.True(applied.Outcome == Outcome.Done, applied.Message);
        Assert.Equal((true, true, false), (linux.Tardy != 0, linux.HasGone, linux.WasWaitedFor));
        await ExpectAnswersAsync(target, version: 2);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
    }

    /// <summary>What a signal has interrupted comes back into the bytes that would be changed: the patch waits for it, in vain.</summary>
    [Fact]
    public async Task A_thread_that_does_not_leave_the_entry_is_a_reason_against_it()
    {
        var patch = await TestPatches.GetAsync("inside");
        await using var target = await PatchableTarget.StartAsync("inside", patch);
        int inside = Assert.Single(new ProcFs(target.Id).ReadThreads(), t => t != target.Id);
        // What the last try met is named: on a busy machine that may be its time limit.
        var refused = await Until.TrueAsync(RefusedAsync, r => r.Message.Contains($"thread {inside} was in them each time", StringComparison.Ordinal));
        Assert.InRange(refused.Stops, 50, int.MaxValue); // it was tried again and again
        Assert.Equal("answer 1", await target.AskAsync("answer", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        Assert.Single((await InProcess.StatusAsync(target.Id)).Generations);

        Assert.Equal("ok", await target.AskAsync("leave", Cancel));
        var applied = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        Assert.Equal("stop", Assert.Single(applied.Functions).Tactic);
        Assert.Equal("answer 2", await target.AskAsync("answer", Cancel));
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 1", await target.AskAsync("answer", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        async Task<TransitionReport> RefusedAsync()
        {
            var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Refused);
            Assert.Equal("WF407", Assert.Single(report.Refusals).Code);
            return report;
        }
    }

    private static string ProgramOf(string tactic) => tactic == "stop" ? "stopped" : tactic;

    private static async Task ExpectAnswersAsync(TestTarget target, int version)
    {
        // A thread may have asked before it migrated, and count it only now.
        string report = await Until.TrueAsync(
            () => target.AskAsync("report", Cancel), report => report.Split(' ') is var words && words[version] != "0" && words[3 - version] == "0");
        Assert.EndsWith(" wrong 0", report, StringComparison.Ordinal);
    }
}
