// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of the controller before each call that changes the target, while it places return hooks or goes on where some are pending: the thread whose return
/// address is exchanged, or is about to be, returns to where it was called from, and the next command completes or undoes.</summary>
public sealed class KilledHookingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("first")]
    [InlineData("again")]
    [InlineData("revert")]
    [InlineData("revert-held")]
    [InlineData("canary")]
    [InlineData("advance")]
    [InlineData("revert-canary")]
    public async Task Killed_at_each_step_it_leaves_a_thread_that_returns(string moment)
    {
        var scenario = await Scenario.GetAsync("returns", moment);
        await scenario.KillAtEachStepAsync(output);
    }
}
