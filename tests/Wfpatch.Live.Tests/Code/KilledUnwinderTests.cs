// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Crashes;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>kill -9 of the controller before each call that changes a program whose threads are unwound: they are so, before and after
/// the unwinder is shown new code, and the next command completes or undoes.</summary>
public sealed class KilledUnwinderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Apply_killed_at_each_step_leaves_a_program_whose_threads_are_unwound()
    {
        int steps = 0;
        while (await RunAndKillAsync(steps + 1))
        {
            steps++;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"apply was killed at each of {steps} steps");
        Assert.True(steps > 20, $"only {steps} steps");
    }

    /// <summary>False where the controller came to its end: there is no such step any more.</summary>
    private static async Task<bool> RunAndKillAsync(int step)
    {
        await using var program = await CxxProgram.StartAsync(ForcedUnwindingTests.WithExceptions, "unwound");
        bool isKilled = await KilledController.RunAsync(step, ["apply", program.Patch.File, program.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack)], Outcome.Done);
        await ExpectUnwoundAsync(1, 2);
        var verified = new Commands(new NativeLinux()).Verify(program.Id);
        Assert.True(verified.Outcome == Outcome.Done, $"step {step}: {verified.Message} {string.Join("; ", verified.Refusals)}");
        if (!isKilled)
        {
            return false;
        }
        if (step % 2 == 0)
        {
            await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
            await ExpectUnwoundAsync(2);
        }
        var undone = await InProcess.RevertAsync(program.Id);
        Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
        await ExpectUnwoundAsync(1);
        return true;

        async Task ExpectUnwoundAsync(params int[] versions)
        {
            Assert.Contains(await program.Target.AskAsync("cancel", Cancel), versions.Select(v => $"{v} 1 1"));
            Assert.Contains(await program.Target.AskAsync("exit", Cancel), versions.Select(v => $"{v} 1 1"));
        }
    }
}
