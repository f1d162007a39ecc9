// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A patch that replaces a thousand functions at once: no round of calls meets two versions.</summary>
public sealed class LargePatchTests
{
    private const int Functions = 1000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_functions_change_together_and_back()
    {
        var patch = await TestPatches.GetAsync("thousand");
        await using var target = await PatchableTarget.StartAsync("thousand", patch);
        await Until.TrueAsync(() => target.AskAsync("sum", Cancel), answer => answer == "sum 1 0");

        var applied = await InProcess.ApplyAsync(target.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        Assert.Equal(Functions, applied.Functions.Length);
        await Until.TrueAsync(() => target.AskAsync("sum", Cancel), answer => answer == "sum 2 0");

        await InProcess.RevertAsync(target.Id, policy: Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(() => target.AskAsync("sum", Cancel), answer => answer == "sum 1 0");
    }

    /// <summary>The names of all functions are in the state, and these are a thousand letters long.</summary>
    [Fact]
    public async Task A_state_that_has_no_room_is_not_begun()
    {
        var compile = CompileOptions.Debian with { Flags = [.. CompileOptions.Debian.Flags, $"-DTAIL=_{new string('x', 1000)}"] };
        var patch = await TestPatches.BuildAsync("thousand", compile, "wordy");
        await using var target = await PatchableTarget.StartAsync("thousand", patch, new TargetOptions { Compile = compile });
        string maps = await File.ReadAllTextAsync($"/proc/{target.Id}/maps", Cancel);
        foreach (var command in (Func<Task<TransitionReport>>[])[
            () => InProcess.CheckAsync(target.Id, patch), () => InProcess.ApplyAsync(target.Id, patch, Policy.Points, profile: InProcess.SampleProfile)])
        {
            var refused = await command().ExpectAsync(Outcome.Refused);
            Assert.Equal("WF707", Assert.Single(refused.Refusals).Code);
        }
        Assert.Equal(maps, await File.ReadAllTextAsync($"/proc/{target.Id}/maps", Cancel));
        await Until.TrueAsync(() => target.AskAsync("sum", Cancel), answer => answer == "sum 1 0");
    }
}
