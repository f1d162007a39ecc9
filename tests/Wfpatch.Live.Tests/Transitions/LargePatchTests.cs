// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
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
}
