// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of the controller before each call that changes the target: it runs on right, and the next command completes or undoes.</summary>
public sealed class KilledControllerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("sample", "first")]
    [InlineData("sample", "second")]
    [InlineData("sample", "revert")]
    [InlineData("sample", "canary")]
    [InlineData("sample", "advance")]
    [InlineData("sample", "revert-canary")]
    [InlineData("chain", "second")]
    [InlineData("chain", "revert-second")]
    [InlineData("chain", "canary")]
    [InlineData("chain", "advance")]
    [InlineData("chain", "revert-canary")]
    public async Task Killed_at_each_step_it_leaves_a_target_that_the_next_command_completes_or_undoes(string program, string moment)
    {
        var scenario = await Scenario.GetAsync(program, moment);
        await scenario.KillAtEachStepAsync(output);
    }
}
