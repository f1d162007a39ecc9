// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A process that has changed its user, as setuid programs do, is not dumpable: its own user may not touch it, root may.</summary>
public sealed class DumpableTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_own_user_is_told_why_and_root_patches_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can change the user");
        var patch = await TestPatches.GetAsync("resources");
        await using TestTarget target = await PatchableTarget.StartAsync("resources", patch);
        Assert.Equal("ok", await target.AskAsync("nobody", Cancel));
        string[] asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        var trial = await ChildProcess.RunAsync(new("setpriv", [.. asNobody, "test", "-x", WfpatchCommand.Path]), Cancel);
        if (trial.Status.IsSuccess)
        {
            var report = CommandReport.Of(await ChildProcess.RunAsync(new("setpriv", [.. asNobody, WfpatchCommand.Path, "status", "--pid", $"{target.Id}", "--json"]), Cancel));
            report.ExpectFailure("denied", null, "dumpable", "root");
        }
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Live.Controllers.Outcome.Done);
        Assert.Equal("answer 2", await target.AskAsync("answer", Cancel));
    }
}
