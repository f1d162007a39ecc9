// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of the controller before each call that changes the target, with a patch that has callbacks: the target runs on, and when the next
/// command has completed or undone, each callback was called once or not at all, as it should.</summary>
public sealed class KilledCallbacksTests
{
    /// <summary>Steps before these, which make memory ready, KilledControllerTests has.</summary>
    private const int FirstOfApply = 15, FirstOfRevert = 1;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Apply_killed_at_each_step_calls_each_callback_once_when_it_is_completed_or_undone()
    {
        var patch = await TestPatches.GetAsync("callbacks");
        int steps = FirstOfApply - 1;
        for (bool isAlive = false; !isAlive; steps++)
        {
            await using TestTarget target = await PatchableTarget.StartAsync("callbacks", patch);
            isAlive = await RunAsync(target, ["apply", patch.File], steps + 1);
            if (steps % 2 == 0)
            {
                await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
                await ExpectAsync(target, 1, 1, 0, 0);
                await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
                await ExpectAsync(target, 1, 1, 1, 1);
                continue;
            }
            var undone = await InProcess.RevertAsync(target.Id, policy: Policy.Explicit);
            Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {steps + 1}: {undone.Message}");
            var report = await ReportAsync(target, steps);
            Assert.True(report.Called.All(c => c <= 1) && report.Called[0] == report.Called[3] && report.Called[1] <= report.Called[2] && report.Called[2] <= report.Called[3],
                $"step {steps + 1}: called {string.Join(' ', report.Called)}");
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"apply was killed at each step from {FirstOfApply} to {steps}");
        Assert.True(steps > 30, $"only {steps} steps");
    }

    [Fact]
    public async Task Revert_killed_at_each_step_calls_each_callback_once_when_it_is_completed()
    {
        var patch = await TestPatches.GetAsync("callbacks");
        int steps = FirstOfRevert - 1;
        for (bool isAlive = false; !isAlive; steps++)
        {
            await using TestTarget target = await PatchableTarget.StartAsync("callbacks", patch);
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
            isAlive = await RunAsync(target, ["revert"], steps + 1);
            var undone = await InProcess.RevertAsync(target.Id, policy: Policy.Explicit);
            Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {steps + 1}: {undone.Message}");
            await ExpectAsync(target, 1, 1, 1, 1);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"revert was killed at each of {steps} steps");
        Assert.True(steps > 20, $"only {steps} steps");
    }

    /// <summary>True where the controller came to its end: there is no such step any more.</summary>
    private static async Task<bool> RunAsync(TestTarget target, string[] command, int step)
    {
        bool isKilled = await KilledController.RunAsync(step, [.. command, target.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Explicit)], Outcome.Done);
        await ReportAsync(target, step);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        return !isKilled;
    }

    private static async Task ExpectAsync(TestTarget target, params ulong[] called)
    {
        Assert.Equal(called, (await ReportAsync(target, 0)).Called);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>Its threads go on, and no register of theirs was lost.</summary>
    private static async Task<CallbackReport> ReportAsync(TestTarget target, int step)
    {
        var before = await CallbackReport.OfAsync(target);
        var after = await Until.TrueAsync(() => CallbackReport.OfAsync(target), r => r.Requests > before.Requests + 100);
        Assert.True(after is { Broken: 0, Early: 0 }, $"step {step}: {after}");
        return after;
    }
}
