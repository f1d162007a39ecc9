// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of a controller whose patch replaces two others, before each call that changes the target: no thread runs a mixture, and the next command
/// completes it, or leaves the earlier ones in force where it was open, or the program where it was done.</summary>
public sealed class KilledReplacingTests
{
    [Fact]
    public async Task The_next_command_completes_it_or_leaves_what_was_there()
    {
        var (first, second) = (await TestPatches.GetAsync("chain", 1, 2), await TestPatches.GetAsync("chain", 2, 3));
        var alone = await TestPatches.GetAsync("chain", 1, 4);
        int step = 1;
        for (bool isAlive = false; !isAlive; step++)
        {
            await using var target = await ChainTarget.StartAsync(first, alone);
            await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
            await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
            isAlive = await RunAsync(target, alone, step);
            await target.AskAsync("report");
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            if (step % 2 == 0)
            {
                await RevertAsync(target, step);
                await InProcess.ExpectNoDifferenceAsync(target.Id);
            }
            var applied = await InProcess.ApplyAsync(target.Id, alone, replaces: true);
            Assert.True(applied.Outcome == Outcome.Done, $"step {step}: {applied.Message} {string.Join("; ", applied.Refusals)}");
            await target.ExpectAsync("14 14");
            Assert.Equal("chain-1-to-4:current", await target.StatusAsync());
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await target.ExpectAsync("11 11");
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            await target.ExpectNothingButAsync(11, 21, 23, 14);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"the controller was killed at each of {step - 2} steps");
        Assert.True(step > 10, $"only {step} steps");
    }

    /// <summary>Before it had begun the last patch goes; while it is open all stays; once threads have all gone over there is the program alone.</summary>
    private static async Task RevertAsync(ChainTarget target, int step)
    {
        string before = await target.StatusAsync();
        var undone = await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        string after = await target.StatusAsync();
        bool isOpen = before.Contains(":new", StringComparison.Ordinal);
        string[] right = isOpen ? ["chain-1-to-2:current chain-2-to-3:current", ""] : before == "chain-1-to-4:current" ? [""] : ["chain-1-to-2:current"];
        Assert.True(right.Contains(after), $"step {step}: from {before} to {after}: {undone.Message}");
        await target.ExpectAsync(after.Length == 0 ? "11 11" : isOpen ? "23 23" : "21 21");
    }

    /// <summary>True where the controller came to its end: there is no such step any more.</summary>
    private static async Task<bool> RunAsync(ChainTarget target, TestPatch patch, int step) =>
        !await KilledController.RunAsync(step, ["replace", patch.File, target.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack)], Outcome.Done);
}
