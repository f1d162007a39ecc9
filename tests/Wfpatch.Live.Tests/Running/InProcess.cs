// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Audits;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>The commands, called as the command line calls them, without a process of their own.</summary>
public static class InProcess
{
    /// <summary>A time limit that only a failure reaches.</summary>
    public static readonly TimeSpan Ample = TimeSpan.FromSeconds(30);

    private static readonly Commands All = new(new NativeLinux());

    /// <summary>Points for the programs that are made of the sample server, churn.c, lineage.c, midway.c and thousand.c.</summary>
    public static Profile SampleProfile { get; } = new(
        "sample", ["sample", "busy", "stuck", "churn", "midway", "thousand", "lineage"],
        [new("handle_request", "", "a request's state lies in its struct, none of it on the stack")],
        ["main", "worker", "generator", "sticker", "serve", "receive", "short_life", "server", "body", "run", "child", "bare_child"]);

    public static Task<TransitionReport> ApplyAsync(int process, TestPatch patch, Policy policy = Policy.Auto, TimeSpan? timeout = null, Profile? profile = null, CanaryChoice? canary = null, bool whenLoaded = false, bool replaces = false) =>
        Task.Run(() => All.Apply(process, patch.Patch, Options(policy, profile, timeout) with { Canary = canary, WhenLoaded = whenLoaded, Replaces = replaces }));

    /// <summary>All threads at once. They wait as long for each other as a busy machine makes them.</summary>
    public static Task<TransitionReport> ApplyGlobalAsync(int process, TestPatch patch, Policy policy = Policy.Auto, TimeSpan? timeout = null, Profile? profile = null, TimeSpan? maxWait = null) =>
        Task.Run(() => All.Apply(process, patch.Patch, Options(policy, profile, timeout) with { Consistency = Core.Patches.Consistency.Global, MaxWait = maxWait ?? TimeSpan.FromSeconds(2) }));

    public static Task<TransitionReport> ApplyAsync(int process, TestPatch patch, Core.Patches.Consistency? consistency, CanaryChoice? canary = null, bool replaces = false) =>
        Task.Run(() => All.Apply(process, patch.Patch, Options(Policy.Auto, null, null) with { Consistency = consistency, Canary = canary, Replaces = replaces, MaxWait = TimeSpan.FromSeconds(2) }));

    public static Task<TransitionReport> RevertAsync(int process, Core.Patches.Consistency? consistency, TimeSpan? maxWait = null) =>
        Task.Run(() => All.Revert(process, null, Options(Policy.Auto, null, null) with { Consistency = consistency, MaxWait = maxWait ?? TimeSpan.FromSeconds(2) }));

    public static Task<TransitionReport> AdvanceAsync(int process, TimeSpan? timeout = null) =>
        Task.Run(() => All.Advance(process, Options(Policy.Auto, null, timeout)));

    public static Task<TransitionReport> RevertAsync(int process, string? id = null, Policy policy = Policy.Auto, TimeSpan? timeout = null, Profile? profile = null) =>
        Task.Run(() => All.Revert(process, id, Options(policy, profile, timeout)));

    public static Task<TransitionReport> CheckAsync(int process, TestPatch patch) =>
        Task.Run(() => All.Check(process, patch.Patch, Options(Policy.Auto, null, null)).Report);

    public static Task<StatusReport> StatusAsync(int process) => Task.Run(() => All.Status(process));

    public static Task<VerifyReport> VerifyAsync(int process) => Task.Run(() => All.Verify(process));

    /// <returns>How many places were compared.</returns>
    public static async Task<int> ExpectNoDifferenceAsync(int process)
    {
        var report = await VerifyAsync(process);
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message}\n{string.Join('\n', report.Refusals)}");
        return report.Checked;
    }

    /// <summary>The report itself, where it is as wanted; else the test fails with all it says.</summary>
    public static async Task<TransitionReport> ExpectAsync(this Task<TransitionReport> command, Outcome outcome)
    {
        var report = await command;
        string threads = string.Join('\n', report.Threads.Where(t => t.Blocker is not null).Select(t => $"{t.Id} {t.Name}: {t.Blocker}"));
        Assert.True(report.Outcome == outcome, $"{report.Outcome}: {report.Message}\n{string.Join('\n', report.Refusals)}\n{threads}");
        return report;
    }

    private static TransitionOptions Options(Policy policy, Profile? profile, TimeSpan? timeout) =>
        new(policy, profile, timeout ?? Ample, TestContext.Current.CancellationToken);
}
