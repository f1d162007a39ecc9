// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Samples;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of the controller before each call that changes the target: it runs on right, and the next command completes or undoes.</summary>
public sealed class KilledControllerTests
{
    private static readonly string Controller = Path.Combine(AppContext.BaseDirectory, "Wfpatch.FaultyController.dll");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TransitionOptions Options => new(Policy.Points, SamplePatches.Profile, TimeSpan.FromSeconds(60), Cancel);

    [Fact]
    public async Task Apply_killed_at_each_step_leaves_a_target_that_the_next_command_completes_or_undoes()
    {
        var (patch, file) = await SamplePatches.BuildAsync(1, 2);
        int steps = 0;
        for (int step = 1; await RunAndKillAsync(["apply", file], step, Check) is false; step++)
        {
            steps = step;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"apply was killed at each of {steps} steps");
        Assert.True(steps > 20, $"only {steps} steps");

        async Task Check(TestTarget target, int step) => await CompleteOrUndoAsync(target, patch, step);
    }

    [Fact]
    public async Task Revert_killed_at_each_step_leaves_a_target_that_the_next_command_completes_or_undoes()
    {
        var (patch, _) = await SamplePatches.BuildAsync(1, 2);
        int steps = 0;
        for (int step = 1; await RunAndKillAsync(["revert"], step, Check, t => ApplyWhole(t, patch)) is false; step++)
        {
            steps = step;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"revert was killed at each of {steps} steps");
        Assert.True(steps > 10, $"only {steps} steps");

        async Task Check(TestTarget target, int step)
        {
            var report = Run(c => c.Revert(target.Id, null, Options));
            // Killed after its last change, the revert was complete: then there is nothing to take back.
            Assert.True(report.Outcome == Outcome.Done || report.Refusals is [{ Code: "WF702" }], $"step {step}: {report.Message}");
            await AssertServesOnlyAsync(target, 1, step);
        }
    }

    /// <summary>Whoever goes on, with the same canaries, with all threads, or back: it ends as it shall, and until then nobody but canaries is new.</summary>
    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Canary_killed_at_each_step_is_tried_again_advanced_or_taken_back(Policy policy)
    {
        var (patch, file) = await SamplePatches.BuildAsync(1, 2);
        int steps = 0;
        for (int step = 1; await RunAndKillAsync(["canary", file], step, Check, policy: policy) is false; step++)
        {
            steps = step;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{policy}: canary was killed at each of {steps} steps");
        Assert.True(steps > 20, $"only {steps} steps");

        async Task Check(TestTarget target, int step)
        {
            Assert.True(Run(c => c.Status(target.Id)).Threads.Count(t => t.Generation == 1) <= 2, $"step {step}: more than two canaries");
            if (step % 3 == 0)
            {
                TryCanaries(target, patch, policy);
                var advanced = Run(c => c.Advance(target.Id, Options));
                Assert.True(advanced.Outcome == Outcome.Done, $"step {step}: {advanced.Message}");
                await AssertServesOnlyAsync(target, 2, step, policy);
            }
            else if (step % 3 == 1)
            {
                ApplyWhole(target, patch, policy);
                await AssertServesOnlyAsync(target, 2, step, policy);
            }
            var undone = Run(c => c.Revert(target.Id, null, Options with { Policy = policy }));
            Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
            await AssertServesOnlyAsync(target, 1, step, policy);
        }
    }

    [Theory]
    [InlineData("advance")]
    [InlineData("revert")]
    public async Task What_follows_a_canary_killed_at_each_step_is_completed_by_the_next_command(string command)
    {
        var (patch, _) = await SamplePatches.BuildAsync(1, 2);
        int steps = 0;
        for (int step = 1; await RunAndKillAsync([command], step, Check, t => TryCanaries(t, patch, Policy.Points)) is false; step++)
        {
            steps = step;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{command} was killed at each of {steps} steps");
        Assert.True(steps > 10, $"only {steps} steps");

        async Task Check(TestTarget target, int step)
        {
            if (step % 2 == 0)
            {
                // Killed after its last change, it was complete.
                var advanced = Run(c => c.Advance(target.Id, Options));
                Assert.True(advanced.Outcome == Outcome.Done || advanced.Refusals is [{ Code: "WF710" }], $"step {step}: {advanced.Message}");
                // A revert that had begun is completed, one that had not is advanced.
                await AssertServesOnlyAsync(target, Run(c => c.Status(target.Id)).Generations.Length > 1 ? 2 : 1, step);
            }
            var undone = Run(c => c.Revert(target.Id, null, Options));
            Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
            await AssertServesOnlyAsync(target, 1, step);
        }
    }

    private static void TryCanaries(TestTarget target, Patch patch, Policy policy)
    {
        var report = Run(c => c.Apply(target.Id, patch, Options with { Policy = policy, Canary = CanaryChoice.Any(2) }));
        Assert.True(report.Outcome == Outcome.Canary, $"{report.Message} {string.Join("; ", report.Refusals)}");
        Assert.Equal(2, report.Threads.Count(t => t.Path is MigrationPath.Point or MigrationPath.Outside or MigrationPath.Born));
    }

    private static void ApplyWhole(TestTarget target, Patch patch, Policy policy = Policy.Points)
    {
        var report = Run(c => c.Apply(target.Id, patch, Options with { Policy = policy }));
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message} {string.Join("; ", report.Refusals)}");
    }

    private static async Task CompleteOrUndoAsync(TestTarget target, Patch patch, int step)
    {
        if (step % 2 == 0)
        {
            var completed = Run(c => c.Apply(target.Id, patch, Options));
            Assert.True(completed.Outcome == Outcome.Done, $"step {step}: {completed.Message} {string.Join("; ", completed.Refusals)}");
            await AssertServesOnlyAsync(target, 2, step);
        }
        var undone = Run(c => c.Revert(target.Id, null, Options));
        Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
        await AssertServesOnlyAsync(target, 1, step);
        ApplyWhole(target, patch);
        await AssertServesOnlyAsync(target, 2, step);
    }

    /// <summary>True where the controller came to its end: there is no such step any more.</summary>
    private static async Task<bool> RunAndKillAsync(string[] command, int step, Func<TestTarget, int, Task> check, Action<TestTarget>? before = null, Policy policy = Policy.Points)
    {
        await using var target = await TestTarget.StartAsync("sample", new TargetOptions { Arguments = ["--workers", "1", "--busy", "2"] }, Cancel);
        before?.Invoke(target);
        var result = await ChildProcess.RunAsync(
            new CommandLine("dotnet", ["exec", Controller, .. command, target.Id.ToString(CultureInfo.InvariantCulture), SamplePatches.ProfileFile, policy.ToString(), step.ToString(CultureInfo.InvariantCulture)]), Cancel);
        await AssertRunsOnAsync(target, step, policy);
        AssertIsAsItsStateSays(target, step);
        if (result.Output.Split(' ')[0] is nameof(Outcome.Done) or nameof(Outcome.Canary))
        {
            return true;
        }
        Assert.True(result.Status.Signal == 9, $"step {step}: {result.Status} {result.Output}{result.Errors}");
        await check(target, step);
        return false;
    }

    private static T Run<T>(Func<Commands, T> command) => command(new Commands(new NativeLinux()));

    private static async Task AssertRunsOnAsync(TestTarget target, int step, Policy policy)
    {
        var before = await ReportAsync(target);
        var after = await ReportUntilAsync(target, r => Busy(r).Zip(Busy(before)).All(t => t.First.Requests > t.Second.Requests + 1));
        // The policy stack knows nothing of requests.
        Assert.True(after.Mixed == 0 || policy == Policy.Stack, $"step {step}: {after.Mixed} mixed requests");
        foreach (string task in Directory.EnumerateDirectories($"/proc/{target.Id}/task"))
        {
            string stat = await File.ReadAllTextAsync(Path.Combine(task, "stat"), Cancel);
            Assert.False(stat[(stat.LastIndexOf(')') + 2)..][0] is 't' or 'T', $"step {step}: a thread is stopped: {stat}");
        }
    }

    /// <summary>Whatever was done and whatever not, the state says that it may be so.</summary>
    private static void AssertIsAsItsStateSays(TestTarget target, int step)
    {
        var report = new Commands(new NativeLinux()).Verify(target.Id);
        Assert.True(report.Outcome == Outcome.Done, $"step {step}: {report.Message} {string.Join("; ", report.Refusals)}");
    }

    private static async Task AssertServesOnlyAsync(TestTarget target, int version, int step, Policy policy = Policy.Points)
    {
        // Requests that had begun before may still end in the old version: one more of each thread, then none of the other.
        var start = await ReportAsync(target);
        var settled = await ReportUntilAsync(target, r => Busy(r).Zip(Busy(start)).All(t => t.First.Requests > t.Second.Requests + 1));
        var after = await ReportUntilAsync(target, r => Busy(r).Zip(Busy(settled)).All(t => t.First.Requests > t.Second.Requests + 10));
        string other = (3 - version).ToString(CultureInfo.InvariantCulture);
        Assert.True(after.Mixed == (policy == Policy.Points ? 0 : settled.Mixed), $"step {step}: {after.Mixed} mixed requests");
        Assert.True(after.Versions.GetValueOrDefault(other) == settled.Versions.GetValueOrDefault(other), $"step {step}: version {other} still answers");
    }

    private static IEnumerable<SampleThread> Busy(SampleReport report) => report.Threads.Where(t => t.Name.StartsWith("busy", StringComparison.Ordinal));

    private static async Task<SampleReport> ReportAsync(TestTarget target) => SampleReport.Parse(await target.AskAsync("report", Cancel));

    private static async Task<SampleReport> ReportUntilAsync(TestTarget target, Func<SampleReport, bool> reached)
    {
        while (true)
        {
            var report = await ReportAsync(target);
            if (reached(report))
            {
                return report;
            }
            await Task.Yield();
        }
    }
}
