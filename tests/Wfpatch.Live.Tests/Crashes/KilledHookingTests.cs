// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of a controller before its calls that change the target, while it arms and places return hooks: the thread whose return address is
/// exchanged, or is about to be, returns to where it was called from, and the next command completes or undoes.</summary>
public sealed class KilledHookingTests
{
    private const int First = 25, Stride = 3;

    private static readonly string Controller = Path.Combine(AppContext.BaseDirectory, "Wfpatch.FaultyController.dll");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_controller_killed_on_the_way_leaves_a_thread_that_returns()
    {
        var patch = await TestPatches.GetAsync("returns");
        // What comes before arming KilledControllerTests has.
        int step = First;
        for (bool isAlive = false; !isAlive; step += Stride)
        {
            await using var target = await PatchableTarget.StartAsync("returns", patch);
            isAlive = await RunAsync(target, patch, step);
            Assert.Matches("^(trace|throw) 1$", await target.AskAsync(step % 2 == 1 ? "trace" : "throw", Cancel));
            Assert.Matches("^return [12]$", await target.AskAsync("return", Cancel));
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            if (step % 4 == 0)
            {
                var undone = await InProcess.RevertAsync(target.Id, policy: Policy.Stack);
                Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
                await Until.TrueAsync(() => target.AskAsync("trace", Cancel), answer => answer == "trace 1");
            }
            var apply = InProcess.ApplyAsync(target.Id, patch, Policy.Stack);
            await Until.TrueAsync(() => target.AskAsync("return", Cancel), answer => answer == "return 2");
            await apply.ExpectAsync(Outcome.Done);
            Assert.Equal("throw 2", await target.AskAsync("throw", Cancel));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"the controller was killed at every {Stride}rd step from {First} to {step}");
        Assert.True(step > First + (5 * Stride), $"only {step} steps");
    }

    /// <summary>True where the controller came to its end, which it does only by its time limit: there is no such step any more.</summary>
    private static async Task<bool> RunAsync(TestTarget target, TestPatch patch, int step)
    {
        var result = await ChildProcess.RunAsync(
            new CommandLine("dotnet", ["exec", Controller, "apply", patch.File, target.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack), step.ToString(CultureInfo.InvariantCulture), "1"]), Cancel);
        Assert.True(result.Status.Signal == 9 || result.Output.StartsWith(nameof(Outcome.Pending), StringComparison.Ordinal), $"step {step}: {result.Status} {result.Output}{result.Errors}");
        return result.Status.Signal != 9;
    }
}
