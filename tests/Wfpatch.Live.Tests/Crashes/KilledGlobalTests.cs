// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of the controller before each call that changes the target, while all threads go over at once: never do two versions meet, nobody stays stopped,
/// and the next command completes or undoes.</summary>
public sealed class KilledGlobalTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("apply")]
    [InlineData("revert")]
    public async Task Killed_at_each_step(string command)
    {
        var patch = await TestPatches.GetAsync("apart");
        int steps = 0;
        var seen = new List<StatusReport>();
        for (int step = 1; !await KillAsync(command, patch, step, seen); step++)
        {
            steps = step;
        }
        output.WriteLine($"{command} was killed at each of {steps} steps");
        Assert.True(steps > 20, $"only {steps} steps");
        Assert.Contains(seen, s => s.Message.EndsWith("all threads are in the version before, to go over at once.", StringComparison.Ordinal));
        Assert.Contains(seen, s => s.Message.EndsWith("all threads have gone over at once.", StringComparison.Ordinal));
        Assert.All(seen, s => Assert.Equal("global", s.Consistency));
        Assert.All(seen, s => Assert.Single(s.Threads.Select(t => t.Generation).Distinct()));
    }

    /// <summary>True where it came to its end: there is no such step any more.</summary>
    private static async Task<bool> KillAsync(string command, TestPatch patch, int step, List<StatusReport> seen)
    {
        await using var apart = await VersionsApart.StartAsync(patch, 3);
        if (command == "revert")
        {
            await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
        }
        bool isKilled = await KilledController.RunAsync(
            step, [command, .. command == "apply" ? new[] { patch.File } : [], apart.Id.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack), nameof(Core.Patches.Consistency.Global)], Outcome.Done);
        await ExpectRunsOnAsync(apart, step);
        await InProcess.ExpectNoDifferenceAsync(apart.Id);
        if (!isKilled)
        {
            return true;
        }
        var status = await InProcess.StatusAsync(apart.Id);
        if (status.OpenTransition.Length > 0)
        {
            seen.Add(status);
        }
        if (step % 2 == 0)
        {
            await CompleteAsync(apart, command, patch, step);
        }
        var undone = await InProcess.RevertAsync(apart.Id, consistency: null);
        Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
        await apart.ExpectApartAsync(1);
        await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
        await apart.ExpectApartAsync(2);
        return false;
    }

    private static async Task CompleteAsync(VersionsApart apart, string command, TestPatch patch, int step)
    {
        if (command == "apply")
        {
            await InProcess.ApplyGlobalAsync(apart.Id, patch).ExpectAsync(Outcome.Done);
            await apart.ExpectApartAsync(2);
            return;
        }
        // Killed before it had begun, or behind its last change, there is nothing to go on with.
        var advanced = await InProcess.AdvanceAsync(apart.Id);
        Assert.True(advanced.Outcome == Outcome.Done || advanced.Refusals is [{ Code: "WF710" }], $"step {step}: {advanced.Message}");
    }

    private static async Task ExpectRunsOnAsync(VersionsApart apart, int step)
    {
        var before = await apart.ReportAsync();
        var after = await Until.TrueAsync(apart.ReportAsync, r => r.Calls > before.Calls + 20);
        Assert.True(after.Overlaps == 0, $"step {step}: {after}");
        foreach (string task in Directory.EnumerateDirectories($"/proc/{apart.Id}/task"))
        {
            string stat = await File.ReadAllTextAsync(Path.Combine(task, "stat"), TestContext.Current.CancellationToken);
            Assert.False(stat[(stat.LastIndexOf(')') + 2)..][0] is 't' or 'T', $"step {step}: a thread is stopped: {stat}");
        }
    }
}
