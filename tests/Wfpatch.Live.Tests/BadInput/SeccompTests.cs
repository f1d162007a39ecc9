// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Sampling;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A filter of system calls may forbid the one mmap that the target has to make, or end the target for it: it is read and asked first.</summary>
public sealed class SeccompTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("errno", "errno 1")]
    [InlineData("kill", "ends the process for it")]
    [InlineData("trap", "SIGSYS")]
    [InlineData("trace", "asks a tracer")]
    [InlineData("both", "errno 1")]
    [InlineData("restart", "restart_syscall")]
    [InlineData("place", "the place that system calls are made from")]
    public async Task A_filter_against_it_is_a_reason_against_it(string filter, string says)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may read a filter");
        await using TestTarget filtered = await StartAsync(filter);
        await ExpectRefusedAsync(filtered, says);
        Assert.Equal("answer 1", await filtered.AskAsync("answer", Cancel));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("write-execute")]
    [InlineData("thread")]
    [InlineData("each")]
    [InlineData("strict")]
    public async Task A_filter_that_allows_it_is_none(string filter)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may read a filter");
        var patch = await TestPatches.GetAsync("seccomp");
        await using TestTarget filtered = await PatchableTarget.StartAsync("seccomp", patch, filter);
        Assert.Equal("answer 1", await filtered.AskAsync("answer", Cancel));
        await InProcess.ApplyAsync(filtered.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 2", await filtered.AskAsync("answer", Cancel));
        await InProcess.ExpectNoDifferenceAsync(filtered.Id);
        await InProcess.RevertAsync(filtered.Id).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 1", await filtered.AskAsync("answer", Cancel));
    }

    /// <summary>A thread that is stopped in poll goes on by restart_syscall, whoever stops it and why.</summary>
    [Fact]
    public async Task Who_only_looks_asks_it_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may read a filter");
        await using TestTarget filtered = await StartAsync("restart");
        var refused = await SampleAsync(filtered.Id);
        Assert.Equal((Outcome.Refused, "WF603"), (refused.Outcome, Assert.Single(refused.Refusals).Code));
        Assert.Contains("restart_syscall", refused.Message, StringComparison.Ordinal);
        Assert.Equal("answer 1", await filtered.AskAsync("answer", Cancel));
        await using TestTarget harmless = await StartAsync("errno"); // mmap is no matter here
        Assert.Equal(Outcome.Done, (await SampleAsync(harmless.Id)).Outcome);
    }

    /// <summary>The filter came after the transition had begun: nobody is stopped to say what holds it.</summary>
    [Fact]
    public async Task The_status_of_an_open_transition_asks_it_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may read a filter");
        var patch = await TestPatches.GetAsync("seccomp");
        await using TestTarget filtered = await PatchableTarget.StartAsync("seccomp", patch, "late");
        await InProcess.ApplyAsync(filtered.Id, patch, Policy.Stack, TimeSpan.FromSeconds(2)).ExpectAsync(Outcome.Pending);
        Assert.DoesNotContain("seccomp", await HeldByAsync(filtered.Id), StringComparison.Ordinal);
        // Who was stopped and is not back in its call would meet the filter on its way there.
        var threads = new ProcFs(filtered.Id);
        await Until.TrueAsync(() => Task.FromResult(threads.ReadThreads()), all => all.All(t => threads.ReadActivity(t) is { IsBlocked: true }));
        Assert.Equal("filtered", await filtered.AskAsync("filter", Cancel));
        Assert.Contains("restart_syscall", await HeldByAsync(filtered.Id), StringComparison.Ordinal);
        Assert.Equal("answer 2", await filtered.AskAsync("answer", Cancel));
    }

    private static async Task<string> HeldByAsync(int process) =>
        (await InProcess.StatusAsync(process)).Threads.First(t => t.Path == MigrationPath.Pending).Blocker!.Sentence;

    private static Task<PointsReport> SampleAsync(int process) =>
        Task.Run(() => new Commands(new NativeLinux()).Points(process, new SamplingOptions(TimeSpan.FromMilliseconds(200), null, null, Cancel)), Cancel);

    private static Task<TestTarget> StartAsync(string filter) => TestTarget.StartAsync("seccomp", new() { Arguments = [filter] }, Cancel);

    private static async Task ExpectRefusedAsync(TestTarget filtered, string says)
    {
        var patch = await TestPatches.GetAsync("seccomp");
        string pid = filtered.Id.ToString(CultureInfo.InvariantCulture);
        var before = MemoryImage.Take(filtered.Id);
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            (await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid)).ExpectFailure("refused", "WF603", pid, says);
            before.ExpectUnchanged(filtered.Id);
        }
    }
}
