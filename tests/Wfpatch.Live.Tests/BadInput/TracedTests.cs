// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A debugger is attached: only one tracer can be.</summary>
public sealed class TracedTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tracer_is_named_and_when_it_is_gone_the_patch_goes_in()
    {
        var patch = await TestPatches.GetAsync("traced");
        await using TestTarget traced = await TestTarget.StartAsync("traced", cancel: Cancel);
        string tracer = (await traced.AskAsync("tracer", Cancel)).Split(' ')[1];
        string pid = traced.Id.ToString(CultureInfo.InvariantCulture);
        var before = MemoryImage.Take(traced.Id);
        foreach (string command in new[] { "check", "apply" })
        {
            (await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid)).ExpectFailure("refused", "WF604", $"Process {tracer} ", pid);
            before.ExpectUnchanged(traced.Id);
        }
        Assert.Equal("answer 1", await traced.AskAsync("answer", Cancel));
        Assert.Equal("ok", await traced.AskAsync("untrace", Cancel));
        await InProcess.ApplyAsync(traced.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 2", await traced.AskAsync("answer", Cancel));
    }
}
