// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
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
