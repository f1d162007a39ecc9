// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A setuid program that another user has started: that user may not touch it and is told why, root patches it.</summary>
public sealed class SetuidTests
{
    private const string Nobody = "65534";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_started_it_is_told_why_and_root_patches_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can make a program of root's setuid");
        var patch = await TestPatches.GetAsync("resources");
        string program = ScratchFolder.NewFile("resources");
        File.Copy(await TargetSource.Find("resources").ProgramAsync(cancel: Cancel), program);
        (await ChildProcess.RunAsync(CommandLine.Of("chmod", "4755", program), Cancel)).OrThrow();
        string[] asNobody = [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--"];
        await using var target = ChildProcess.Start(new("setpriv", [.. asNobody, program]));
        Assert.Equal("ready", await target.ReadLineAsync(Cancel));
        string[] ids = (await File.ReadAllLinesAsync($"/proc/{target.Id}/status", Cancel)).First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t');
        Assert.SkipUnless(ids[1] == Nobody && ids[2] == "0", "programs are not setuid here (nosuid, no_new_privs)");

        var trial = await ChildProcess.RunAsync(new("setpriv", [.. asNobody, "test", "-x", WfpatchCommand.Path]), Cancel);
        Assert.SkipUnless(trial.Status.IsSuccess, $"nobody cannot run {WfpatchCommand.Path}");
        string pid = target.Id.ToString(CultureInfo.InvariantCulture);
        foreach (string command in new[] { "status", "revert" })
        {
            var report = CommandReport.Of(await ChildProcess.RunAsync(new("setpriv", [.. asNobody, WfpatchCommand.Path, command, "--pid", pid, "--json"]), Cancel));
            report.ExpectFailure("denied", null, pid, "setuid");
        }
        await ExpectAnswerAsync(target, 1);
        await ApplyAsync(target, patch);
        await ExpectAnswerAsync(target, 2);
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await ExpectAnswerAsync(target, 1);
    }

    private static Task<TransitionReport> ApplyAsync(ChildProcess target, TestPatch patch) => InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);

    private static async Task ExpectAnswerAsync(ChildProcess target, int version)
    {
        target.WriteLine("answer");
        Assert.Equal($"answer {version}", await target.ReadLineAsync(Cancel));
    }
}
