// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Matrix;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A program that announces its quiescence points itself (include/wfpatch.h).</summary>
public sealed class ExplicitPolicyTests
{
    private const long Enough = 1000;

    private sealed record ExplicitReport(long Requests, long Old, long New, long Mixed, long Short);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The first patch needs memory, for which one thread is borrowed. From then on nobody is stopped at all.</summary>
    [Fact]
    public Task Threads_that_never_block_migrate_at_their_points_without_a_stop() => ExpectNoStopAsync(CompileOptions.Debian);

    /// <summary>Not by clang, as with ChurnTests.</summary>
    [Theory]
    [InlineData("gcc -O0 fixed frames no-marks")]
    [InlineData("gcc -O3 pie no-frames marks")]
    public Task With_other_flags_too(string choice) => ExpectNoStopAsync(CompilerChoice.Of(choice));

    private static async Task ExpectNoStopAsync(CompileOptions compile)
    {
        var patch = await TestPatches.BuildAsync("explicit", compile, "explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch, new TargetOptions { Compile = compile });
        var first = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal(PolicyChoice.ExplicitName, first.Policy);
        ExpectPoints(first);
        await ExpectServedAsync(target, isNew: true);

        var reverted = await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        ExpectPoints(reverted);
        Assert.Equal(0, reverted.Stops);
        await ExpectServedAsync(target, isNew: false);

        var again = await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal((PolicyChoice.ExplicitName, 0), (again.Policy, again.Stops));
        ExpectPoints(again);
        Assert.Equal(0, (await ExpectServedAsync(target, isNew: true)).Mixed);
        await ExpectSoundAsync(target);
    }

    [Fact]
    public async Task Threads_that_announce_birth_and_death_are_born_new()
    {
        var patch = await TestPatches.GetAsync("explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch, "born");
        for (int cycle = 0; cycle < 10; cycle++)
        {
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
            await ExpectServedAsync(target, isNew: true);
            await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
            await ExpectServedAsync(target, isNew: false);
        }
        Assert.Equal(0, (await ReportAsync(target)).Mixed);
    }

    /// <summary>Blocked in the loop with the point, or without any point below: idle. Blocked above the loop: in a request.</summary>
    [Fact]
    public async Task A_blocked_thread_is_migrated_from_outside_but_not_within_a_request()
    {
        var patch = await TestPatches.GetAsync("explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch, "blocked");
        ProcFs proc = new(target.Id);
        await Until.TrueAsync(() => proc.ReadThreads().Count(t => proc.ReadActivity(t) is { IsBlocked: true, Number: 0 }) == 3);
        var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit, TimeSpan.FromMilliseconds(300)).ExpectAsync(Outcome.Pending);
        var held = Assert.Single(report.Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal("held", held.Name);
        Assert.Contains("in a request that began before", held.Blocker!.Sentence, StringComparison.Ordinal);
        Assert.All((string[])["idle", "apart"], name => Assert.Equal(MigrationPath.Outside, report.Threads.Single(t => t.Name == name).Path));

        Assert.Equal("held 1 1", await target.AskAsync("go", Cancel));
        // It is blocked in its next request, which began in the new version.
        await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal("held 2 2", await target.AskAsync("go", Cancel));
        Assert.Equal(0, (await ReportAsync(target)).Mixed);
    }

    /// <summary>The patch changes the function that calls the one with the point.</summary>
    [Fact]
    public async Task A_patch_of_a_function_below_a_point_is_refused_and_auto_does_without_points()
    {
        var patch = await TestPatches.GetAsync("explicit-below");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit-below", patch);
        var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Refused);
        Assert.All(report.Refusals, r => Assert.Equal("WF704", r.Code));
        var stack = await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal(PolicyChoice.StackName, stack.Policy);
        Assert.Equal("answer 2", await Until.TrueAsync(() => target.AskAsync("answer", Cancel), a => a == "answer 2"));
        var reverted = await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        Assert.Equal(PolicyChoice.StackName, reverted.Policy);
    }

    [Fact]
    public async Task A_program_without_points_is_refused()
    {
        var patch = await TestPatches.GetAsync("single");
        await using TestTarget target = await PatchableTarget.StartAsync("single", patch);
        var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF731", Assert.Single(report.Refusals).Code);
    }

    private static void ExpectPoints(TransitionReport report) => Assert.All(report.Threads, t => Assert.Equal((t.Name, MigrationPath.Point), (t.Name, t.Path)));

    private static async Task ExpectSoundAsync(TestTarget target)
    {
        var report = await Task.Run(() => new Commands(new NativeLinux()).Verify(target.Id), Cancel);
        Assert.True(report.Outcome == Outcome.Done, report.Message);
    }

    /// <summary>After a while all requests are of one version.</summary>
    private static async Task<ExplicitReport> ExpectServedAsync(TestTarget target, bool isNew)
    {
        long Other(ExplicitReport report) => isNew ? report.Old : report.New;
        return await Until.TrueAsync(
            async () =>
            {
                var before = await ReportAsync(target);
                var after = await Until.TrueAsync(() => ReportAsync(target), now => now.Requests >= before.Requests + Enough);
                return (Grown: Other(after) - Other(before), Report: after);
            },
            answer => answer.Grown == 0, "only one version serves").ContinueWith(t => t.Result.Report, TaskScheduler.Default);
    }

    private static async Task<ExplicitReport> ReportAsync(TestTarget target) =>
        JsonSerializer.Deserialize<ExplicitReport>(await target.AskAsync("report", Cancel), JsonSerializerOptions.Web)!;
}
