// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Matrix;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Threads are born and die all the time. A new one starts in the newest generation, a dead one is not waited for.</summary>
public sealed class ChurnTests(ITestOutputHelper output)
{
    private const int Cycles = 20;
    private const long Enough = 200;

    private sealed record ChurnReport(long Born, long Old, long New, long Mixed, long Back);

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public Task Every_transition_ends_and_what_is_born_is_new(Policy policy) => ExpectNewAsync(policy, CompileOptions.Debian, Cycles);

    /// <summary>Not by clang: it carries a step's constant over to its caller, so that main differs and no patch is built (WF210, WF236).</summary>
    [Theory]
    [InlineData(Policy.Points, "gcc -O0 fixed no-frames marks")]
    [InlineData(Policy.Stack, "gcc -O3 pie frames no-marks")]
    public Task With_other_flags_too(Policy policy, string choice) => ExpectNewAsync(policy, CompilerChoice.Of(choice), cycles: 3);

    private async Task ExpectNewAsync(Policy policy, CompileOptions compile, int cycles)
    {
        var patch = await TestPatches.BuildAsync("churn", compile, "churn");
        await using TestTarget churn = await PatchableTarget.StartAsync("churn", patch, new TargetOptions { Compile = compile });
        int seen = 0;
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            var applied = await InProcess.ApplyAsync(churn.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            await ExpectCountStopsAsync(churn, report => report.Old);
            var reverted = await InProcess.RevertAsync(churn.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            await ExpectCountStopsAsync(churn, report => report.New);
            seen = Math.Max(seen, Math.Max(applied.Threads.Length, reverted.Threads.Length));
        }
        var end = await ReportAsync(churn);
        // Under stack a thread may migrate between two steps of a request: see ExpectNoMixedRequestsAsync.
        const int AliveAtOnce = 4;
        Assert.InRange(end.Mixed, 0, policy == Policy.Stack ? 2 * cycles * AliveAtOnce : 0);
        output.WriteLine($"{policy}: {end}, at most {seen} threads seen in one transition");
    }

    [Fact]
    public async Task A_thread_never_goes_back_while_one_patch_is_applied()
    {
        var patch = await TestPatches.GetAsync("churn");
        await using TestTarget churn = await PatchableTarget.StartAsync("churn", patch);
        await InProcess.ApplyAsync(churn.Id, patch, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        var report = await ExpectCountStopsAsync(churn, r => r.Old);
        Assert.Equal((0, 0), (report.Mixed, report.Back));
    }

    /// <summary>A request that was served before its thread migrated may be counted after; but were threads born in the other
    /// generation, the count would go on.</summary>
    private static async Task<ChurnReport> ExpectCountStopsAsync(TestTarget churn, Func<ChurnReport, long> count)
    {
        var last = await ReportAsync(churn);
        return await Until.TrueAsync(
            async () =>
            {
                var before = last;
                last = await Until.TrueAsync(() => ReportAsync(churn), now => now.Born >= before.Born + Enough);
                return (Grown: count(last) - count(before), Report: last);
            },
            answer => answer.Grown == 0, "the count of the other version stands still").ContinueWith(t => t.Result.Report, TaskScheduler.Default);
    }

    private static async Task<ChurnReport> ReportAsync(TestTarget churn) =>
        JsonSerializer.Deserialize<ChurnReport>(await churn.AskAsync("report", TestContext.Current.CancellationToken), JsonSerializerOptions.Web)!;
}
