// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>Another user's process. As root the command runs as nobody; else the process is the first one, which is root's.</summary>
public sealed class PermissionTests
{
    private static readonly ImmutableArray<string> AsNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];

    [Theory]
    [InlineData("check")]
    [InlineData("apply")]
    [InlineData("status")]
    [InlineData("revert")]
    public async Task It_may_not_be_touched(string command)
    {
        await using var sample = await IdleSample.StartAsync();
        string pid = Environment.IsPrivilegedProcess ? sample.Pid : "1";
        ImmutableArray<string> arguments = command is "apply" or "check" ? [command, sample.Patch.File, "--pid", pid] : [command, "--pid", pid];
        var report = await RunAsOtherUserAsync(arguments);
        report.ExpectFailure("denied", null, pid, "root");
        sample.ExpectUntouched();
    }

    /// <summary>Root in a container that was not given the right to trace; root of a user namespace that the process is not in.</summary>
    [Theory]
    [InlineData("setpriv --inh-caps=-sys_ptrace --bounding-set=-sys_ptrace --", "lacks the capability CAP_SYS_PTRACE")]
    [InlineData("unshare --user --map-root-user --", "another user namespace")]
    public async Task Root_is_not_enough(string launcher, string says)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can lose what root has");
        var cancel = TestContext.Current.CancellationToken;
        string[] words = launcher.Split(' ');
        var trial = await ChildProcess.RunAsync(new(words[0], [.. words[1..], "true"]), cancel);
        Assert.SkipUnless(trial.Status.IsSuccess, $"{launcher} does not work here: {trial.Errors}");
        await using var sample = await IdleSample.StartAsync();
        foreach (string[] command in (string[][])[["check", sample.Patch.File], ["apply", sample.Patch.File], ["status"], ["revert"]])
        {
            var result = await ChildProcess.RunAsync(new(words[0], [.. words[1..], WfpatchCommand.Path, .. command, "--pid", sample.Pid, "--json"]), cancel);
            CommandReport.Of(result).ExpectFailure("denied", null, sample.Pid, says);
            sample.ExpectUntouched();
        }
    }

    private static async Task<CommandReport> RunAsOtherUserAsync(ImmutableArray<string> arguments)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return await WfpatchCommand.RunAsync(arguments);
        }
        var cancel = TestContext.Current.CancellationToken;
        var trial = await ChildProcess.RunAsync(new("setpriv", [.. AsNobody, "test", "-x", WfpatchCommand.Path]), cancel);
        Assert.SkipUnless(trial.Status.IsSuccess, $"nobody cannot run {WfpatchCommand.Path}, so another user's view cannot be tried here");
        return CommandReport.Of(await ChildProcess.RunAsync(new("setpriv", [.. AsNobody, WfpatchCommand.Path, .. arguments, "--json"]), cancel));
    }
}
