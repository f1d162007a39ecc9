// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>What is done already is not done again, and what is not there cannot be taken away.</summary>
public sealed class RepeatedCommandTests
{
    [Fact]
    public async Task An_applied_patch_is_already_in_force()
    {
        await using var sample = await IdleSample.StartAsync();
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid)).Result);
        sample.Remember();
        var again = await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid);
        Assert.Equal("done", again.Result);
        Assert.Contains("already in force", again.Document.GetProperty("message").GetString(), StringComparison.Ordinal);
        sample.ExpectUntouched();
        await sample.ExpectRepliesOfAsync(2);
    }

    [Fact]
    public async Task What_was_never_applied_cannot_be_reverted()
    {
        await using var sample = await IdleSample.StartAsync();
        (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid)).ExpectFailure("refused", "WF702", sample.Pid);
        (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid, sample.Patch.Patch.Id)).ExpectFailure("refused", "WF702", sample.Patch.Patch.Id);
        sample.ExpectUntouched();
    }

    [Fact]
    public async Task What_was_reverted_cannot_be_reverted_again_nor_can_another()
    {
        await using var sample = await IdleSample.StartAsync();
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid)).Result);
        sample.Remember();
        (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid, "0123456789abcdef")).ExpectFailure("refused", "WF702", "0123456789abcdef");
        sample.ExpectUntouched();
        Assert.Equal("done", (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid, sample.Patch.Patch.Id)).Result);
        sample.Remember();
        (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid, sample.Patch.Patch.Id)).ExpectFailure("refused", "WF702", sample.Patch.Patch.Id);
        (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid)).ExpectFailure("refused", "WF702", sample.Pid);
        sample.ExpectUntouched();
        await sample.ExpectRepliesOfAsync(1);
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_shows_the_plan()
    {
        await using var sample = await IdleSample.StartAsync();
        var text = await WfpatchCommand.RunPlainAsync("apply", sample.Patch.File, "--pid", sample.Pid, "--dry-run");
        Assert.Equal(0, text.Status.Code);
        Assert.Contains("step_lookup", text.Output, StringComparison.Ordinal);
        Assert.Contains("  arm   ", text.Output, StringComparison.Ordinal);
        sample.ExpectUntouched();
    }

    [Fact]
    public async Task Points_without_a_profile_or_of_a_patch_without_them_are_refused()
    {
        await using var sample = await IdleSample.StartAsync();
        (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid, "--policy", "points")).ExpectFailure("refused", "WF705", "--profile");
        (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid, "--profile", "no-such-profile")).ExpectFailure("refused", "WF130", "no-such-profile");
        string profile = ScratchFolder.NewFile("other.toml");
        await File.WriteAllTextAsync(profile, "name = \"other\"\n[[point]]\nfunction = \"elsewhere\"\n", TestContext.Current.CancellationToken);
        (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid, "--policy", "points", "--profile", profile)).ExpectFailure("refused", "WF706", "elsewhere");
        sample.ExpectUntouched();
    }
}
