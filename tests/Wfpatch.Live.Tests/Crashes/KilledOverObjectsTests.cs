// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Code;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of a controller that changes a program and its library at once: no thread ever runs one of them old and the other one new, and the
/// next command completes or undoes both.</summary>
public sealed class KilledOverObjectsTests
{
    private const int Stride = 3;

    [Theory]
    [InlineData("apply")]
    [InlineData("revert")]
    public async Task The_next_command_completes_or_undoes_both(string command)
    {
        int step = 2;
        for (bool isAlive = false; !isAlive; step += Stride)
        {
            await using var program = await ProgramWithLibrary.StartAsync();
            if (command == "revert")
            {
                await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
            }
            isAlive = await RunAsync(program, command, step);
            await program.ReportAsync();
            await program.ExpectNoMixtureAsync();
            await InProcess.ExpectNoDifferenceAsync(program.Id);
            if (step % 2 == 0)
            {
                var undone = await InProcess.RevertAsync(program.Id);
                Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
                await program.ExpectAsync(1);
            }
            var applied = await InProcess.ApplyAsync(program.Id, program.Patch);
            if (applied.Refusals is [{ Code: "WF701" }])
            {
                // A revert that was begun is brought to its end first.
                await InProcess.AdvanceAsync(program.Id).ExpectAsync(Outcome.Done);
                await program.ExpectAsync(1);
                applied = await InProcess.ApplyAsync(program.Id, program.Patch);
            }
            Assert.True(applied.Outcome == Outcome.Done, $"step {step}: {applied.Message} {string.Join("; ", applied.Refusals)}");
            await program.ExpectAsync(2);
            await InProcess.ExpectNoDifferenceAsync(program.Id);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"the controller was killed at every {Stride}rd step to {step}");
        Assert.True(step > 5 * Stride, $"only {step} steps");
    }

    /// <summary>True where the controller came to its end: there is no such step any more.</summary>
    private static async Task<bool> RunAsync(ProgramWithLibrary program, string command, int step)
    {
        string[] what = command == "apply" ? [command, program.Patch.File] : [command];
        return !await KilledController.RunAsync(step, [.. what, program.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack)], Outcome.Done);
    }
}
