// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Matrix;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A thread that is in a replaced function whenever it is looked at migrates when it returns from it.</summary>
public sealed class ReturnHookTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("return")]
    [InlineData("trace")]
    [InlineData("throw")]
    public Task A_thread_migrates_when_it_leaves_its_last_frame_of_old_code(string how) => ExpectMigrationAsync(how, CompileOptions.Debian);

    /// <summary>Some of the choices of CompilerMatrixTests.</summary>
    [Theory]
    [InlineData("return", "gcc -O0 pie frames marks")]
    [InlineData("trace", "gcc -O3 fixed no-frames no-marks")]
    [InlineData("throw", "clang -O1 fixed frames marks")]
    [InlineData("throw", "clang -O2 pie no-frames no-marks")]
    public Task By_other_compilers_too(string how, string choice) => ExpectMigrationAsync(how, CompilerChoice.Of(choice));

    private static async Task ExpectMigrationAsync(string how, CompileOptions compile)
    {
        var patch = await TestPatches.BuildAsync("returns", compile, "returns");
        await using var target = await PatchableTarget.StartAsync("returns", patch, new TargetOptions { Compile = compile });
        await HoldAsync(target, patch);

        // What it was in before ends in the old version. An exception does not return: its thread is looked at again.
        Assert.Equal($"{how} 1", await target.AskAsync(how, Cancel));
        if (how == "throw")
        {
            await HoldAsync(target, patch);
            Assert.Equal("return 1", await target.AskAsync("return", Cancel));
        }
        Assert.Equal("return 2", await target.AskAsync("return", Cancel)); // no controller was there
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        foreach (string then in (string[])["throw", "trace", "return"])
        {
            Assert.Equal($"{then} 2", await target.AskAsync(then, Cancel));
        }
    }

    [Fact]
    public async Task A_waiting_apply_ends_when_the_thread_returns()
    {
        var patch = await TestPatches.GetAsync("returns");
        await using var target = await PatchableTarget.StartAsync("returns", patch);
        var apply = InProcess.ApplyAsync(target.Id, patch, Policy.Stack);
        // The answer comes when it is in the next call, which has the new version once the hook was there before.
        await Until.TrueAsync(() => target.AskAsync("return", Cancel), answer => answer == "return 2");
        var done = await apply.ExpectAsync(Outcome.Done);
        Assert.Single(done.Threads, t => t.Name == "server");
    }

    [Theory]
    [InlineData("jump")]
    [InlineData("exit")]
    public async Task Who_leaves_it_otherwise_is_not_harmed(string how)
    {
        var patch = await TestPatches.GetAsync("returns");
        await using var target = await PatchableTarget.StartAsync("returns", patch);
        await HoldAsync(target, patch);
        Assert.Equal($"{how} 1", await target.AskAsync(how, Cancel));
        if (how == "jump")
        {
            await HoldAsync(target, patch);
            Assert.Equal("return 1", await target.AskAsync("return", Cancel));
        }
        Assert.Equal("return 2", await target.AskAsync("return", Cancel));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        Assert.Equal($"{how} 2", await target.AskAsync(how, Cancel));
    }

    [Fact]
    public async Task A_hook_that_outlives_its_transition_does_nothing()
    {
        var (first, second) = (await TestPatches.GetAsync("returns"), await TestPatches.GetAsync("returns", 1, 3));
        await using var target = await PatchableTarget.StartAsync("returns", first);
        await HoldAsync(target, first);
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        Assert.Equal("trace 1", await target.AskAsync("trace", Cancel)); // by way of the hook
        Assert.Equal("return 1", await target.AskAsync("return", Cancel));

        await HoldAsync(target, second);
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await HoldAsync(target, first); // the hook is there still
        Assert.Equal("throw 1", await target.AskAsync("throw", Cancel));
        await HoldAsync(target, first);
        Assert.Equal("return 1", await target.AskAsync("return", Cancel));
        Assert.Equal("return 2", await target.AskAsync("return", Cancel));
        await InProcess.ApplyAsync(target.Id, first, Policy.Stack).ExpectAsync(Outcome.Done);
    }

    /// <summary>Who was named is in old code whenever it is looked at: it migrates when it returns, alone, and is counted as if it had come.</summary>
    [Fact]
    public async Task A_canary_that_was_named_migrates_when_it_returns()
    {
        var patch = await TestPatches.GetAsync("returns");
        await using var target = await PatchableTarget.StartAsync("returns", patch);
        int server = (await InProcess.StatusAsync(target.Id)).Threads.Single(t => t.Name == "server").Id;
        TransitionReport report;
        do
        {
            report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, Short, canary: CanaryChoice.Of(server)).ExpectAsync(Outcome.Pending);
        }
        while (!report.Threads.Single(t => t.Id == server).Blocker!.IsHooked);
        var status = await InProcess.StatusAsync(target.Id);
        Assert.Contains("return hook pending", Assert.Single(status.Threads, t => t.Path == MigrationPath.Pending).Blocker!.Sentence, StringComparison.Ordinal);
        Assert.Equal(server, Assert.Single(status.Threads, t => t.Path == MigrationPath.Pending).Id);
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        // By number: the one that has its hook counts, and no other thread becomes a second one.
        report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, Short, canary: CanaryChoice.Any(1)).ExpectAsync(Outcome.Pending);
        Assert.Equal(server, Assert.Single(report.Threads, t => t.Path != MigrationPath.Staying).Id);

        Assert.Equal("trace 1", await target.AskAsync("trace", Cancel));
        Assert.Equal("return 2", await target.AskAsync("return", Cancel)); // no controller was there
        report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, canary: CanaryChoice.Of(server)).ExpectAsync(Outcome.Canary);
        Assert.Equal(server, Assert.Single(report.Threads, t => t.Path != MigrationPath.Staying).Id);
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        // Taken back, it is in new code whenever it is looked at.
        var revert = InProcess.RevertAsync(target.Id, policy: Policy.Stack);
        await Until.TrueAsync(() => target.AskAsync("return", Cancel), answer => answer == "return 1");
        await revert.ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>Begins the transition, or goes on with it, until the server has its hook; then there is no controller any more.</summary>
    private static async Task HoldAsync(TestTarget target, TestPatch patch)
    {
        TransitionReport report;
        do
        {
            report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, Short).ExpectAsync(Outcome.Pending);
        }
        while (!report.Threads.Single(t => t.Name == "server").Blocker!.IsHooked);
        var held = Assert.Single(report.Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal(("server", "serve"), (held.Name, held.Blocker!.Function));
        var status = await InProcess.StatusAsync(target.Id);
        Assert.Contains("return hook pending", Assert.Single(status.Threads, t => t.Path == MigrationPath.Pending).Blocker!.Sentence, StringComparison.Ordinal);
    }
}
