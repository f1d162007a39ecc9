// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Processes and threads that begin and end in other ways than by fork, pthread_create and return.</summary>
public sealed class LivesTests
{
    private const int Cycles = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The kernel shows nothing of such a process by its own id: neither memory nor mappings.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_main_thread_has_ended(bool isGlobal)
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "headless");
        await ApplyAsync(lives, patch, isGlobal);
        await ExpectAllServeAsync(lives, 2);
        var status = await InProcess.StatusAsync(lives.Id);
        Assert.Equal((Outcome.Done, 2, 2), (status.Outcome, status.Generations.Length, status.Threads.Length));
        await InProcess.ExpectNoDifferenceAsync(lives.Id);
        Assert.Contains(lives.Id, new ProcessSelector(Executable: lives.Program).Find());
        await InProcess.RevertAsync(lives.Id).ExpectAsync(Outcome.Done);
        await ExpectAllServeAsync(lives, 1);
    }

    [Fact]
    public async Task Children_are_made_by_vfork_and_exec_posix_spawn_and_fork_all_the_time()
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "spawn");
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await InProcess.ApplyAsync(lives.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
            await ExpectAllServeAsync(lives, 2);
            await InProcess.RevertAsync(lives.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
            await ExpectAllServeAsync(lives, 1);
        }
        long children = await ChildrenAsync(lives);
        await Until.TrueAsync(() => ChildrenAsync(lives), now => now >= children + 10);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Threads_live_in_other_namespaces(bool isGlobal)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can make namespaces");
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "spaces");
        await ApplyAsync(lives, patch, isGlobal);
        await ExpectAllServeAsync(lives, 2);
        await InProcess.RevertAsync(lives.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await ExpectAllServeAsync(lives, 1);
    }

    /// <summary>No stop reaches it, and the child runs in the same memory: the command neither hangs nor forgets it.</summary>
    [Fact]
    public async Task A_thread_is_in_vfork()
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "lent");
        var report = await InProcess.ApplyAsync(lives.Id, patch, Policy.Stack, TimeSpan.FromSeconds(1)).ExpectAsync(Outcome.Pending);
        var pending = Assert.Single(report.Threads, t => t.Blocker is not null);
        Assert.Contains("vfork", pending.Blocker!.ToString(), StringComparison.Ordinal);
        Assert.Equal(Outcome.Pending, (await InProcess.StatusAsync(lives.Id)).Outcome);
        lives.Send("release");
        await InProcess.ApplyAsync(lives.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await ExpectAllServeAsync(lives, 2);
    }

    [Fact]
    public async Task It_runs_another_program_in_the_middle()
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "lent");
        await using var apply = await StartWaitingAsync(lives, patch);
        lives.Send("exec");
        await Until.TrueAsync(() => File.ReadAllText($"/proc/{lives.Id}/comm") == "cat\n"); // not before: the program reads ahead
        Assert.Equal("hello", await lives.AskAsync("hello", Cancel));
        ExitStatus status = await apply.WaitForExitAsync(Cancel);
        Assert.Equal((4, 0), (status.Code, status.Signal));
        Assert.Contains("runs another program now", apply.Errors, StringComparison.Ordinal);
        Assert.Equal("still", await lives.AskAsync("still", Cancel));
        Assert.Single((await InProcess.StatusAsync(lives.Id)).Generations);
        lives.Process.CloseInput();
        Assert.True((await lives.Process.WaitForExitAsync(Cancel)).IsSuccess);
    }

    /// <summary>The main thread, then the last one, while a transition waits for it.</summary>
    [Fact]
    public async Task Its_threads_end_one_after_the_other_in_the_middle()
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "lent");
        await using var apply = await StartWaitingAsync(lives, patch);
        lives.Send("end");
        Assert.True((await lives.Process.WaitForExitAsync(Cancel)).IsSuccess);
        ExitStatus status = await apply.WaitForExitAsync(Cancel);
        Assert.True(status is { Signal: 0, Code: 0 or 4 }, $"{status}: {apply.Errors}"); // the last one may have migrated before
        Assert.Equal(Outcome.Gone, (await InProcess.StatusAsync(lives.Id)).Outcome);
    }

    [Fact]
    public async Task A_daemon_has_left_its_parent_and_its_session()
    {
        var patch = await TestPatches.GetAsync("lives");
        await using TestTarget lives = await PatchableTarget.StartAsync("lives", patch, "serve");
        int daemon = int.Parse((await lives.AskAsync("daemon", Cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.Equal([lives.Id], new ProcessSelector(Tree: lives.Id).Find());
        var applied = await WfpatchCommand.RunAsync("apply", patch.File, "--exe", lives.Program, "--policy", "stack");
        Assert.Equal("done", applied.Result);
        ImmutableArray<int> patched = [.. applied.Document.GetProperty("processes").EnumerateArray().Select(p => p.GetProperty("pid").GetInt32())];
        Assert.Subset(patched.ToHashSet(), new HashSet<int> { lives.Id, daemon });
        Assert.Equal(2, (await InProcess.StatusAsync(daemon)).Generations.Length);
        Assert.Equal("done", (await WfpatchCommand.RunAsync("revert", "--pid", $"{daemon}")).Result);
        Assert.Equal(2, (await InProcess.StatusAsync(lives.Id)).Generations.Length);
        lives.Process.Kill();
        await lives.Process.WaitForExitAsync(Cancel);
        await Until.TrueAsync(() => !Directory.Exists($"/proc/{daemon}"));
    }

    private static Task<TransitionReport> ApplyAsync(TestTarget lives, TestPatch patch, bool isGlobal) =>
        (isGlobal ? InProcess.ApplyGlobalAsync(lives.Id, patch, Policy.Stack) : InProcess.ApplyAsync(lives.Id, patch, Policy.Stack)).ExpectAsync(Outcome.Done);

    /// <summary>An apply that waits for the last thread.</summary>
    private static async Task<ChildProcess> StartWaitingAsync(TestTarget target, TestPatch patch)
    {
        var apply = WfpatchCommand.Start("apply", patch.File, "--pid", target.Id.ToString(CultureInfo.InvariantCulture), "--timeout", "5m", "--policy", "stack");
        string? line;
        do
        {
            line = await apply.ReadErrorLineAsync(Cancel);
        }
        while (line is not null && !line.Contains("waiting for", StringComparison.Ordinal));
        Assert.True(line is not null, apply.Errors);
        return apply;
    }

    private static async Task ExpectAllServeAsync(TestTarget lives, int version) => await Until.TrueAsync(
        async () => (await lives.AskAsync("report", Cancel)).Split("children")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries),
        versions => versions.All(v => v == $"{version}"));

    private static async Task<long> ChildrenAsync(TestTarget lives) =>
        long.Parse((await lives.AskAsync("report", Cancel)).Split("children ")[1], CultureInfo.InvariantCulture);
}
