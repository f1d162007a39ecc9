// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Sampling;
using Wfpatch.Live.Tests.Memcached;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Sampling;

/// <summary>wfpatch points on a running program. How much is seen depends on the machine's time: it is sampled again until it was enough.</summary>
[Collection(MemcachedTestsGroup.Name)]
public sealed class PointsTests(MemcachedPatches patches)
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The program is stripped: its functions have the names that a patch file gives them. event_handler, which libevent calls back, ends in a
    /// jump to the function that is on the stacks. clock_handler, the other point of the shipped profile, runs for some microseconds each second:
    /// it is not seen.</summary>
    [Fact]
    public async Task The_shipped_profiles_point_is_proposed_for_memcached()
    {
        var patch = await patches.GetAsync("demo");
        await using var memcached = await PatchedMemcached.StartAsync(2, Cancel);
        await using MemcachedGets load = new(memcached.Server.Port);
        var report = await SampleAsync(memcached.Id, new SamplingOptions(Time, null, patch, Cancel), r => r.Proposal!.Points.Any());
        var worker = report.Proposal!.Groups.First(g => g.Name == "mc-worker" && !g.Points.IsEmpty);
        Assert.Equal("event_base_loop", worker.Loop!.Name);
        Assert.Contains(worker.Below, f => f.Name == "event_base_loop");
        Assert.Contains(report.Proposal.Points, p => p.Function.Name == "event_handler");
        Assert.Contains(report.Proposal.Groups, g => g.Name == "mc-slabmaint" && g.Points.IsEmpty && g.IdleIn.StartsWith("futex < ", StringComparison.Ordinal));
        Assert.Equal("VERSION 1.6.18", memcached.Ask("version"));
    }

    /// <summary>An unstripped sample: names from its own file. The result is a profile that serves.</summary>
    [Fact]
    public async Task A_profile_is_proposed_for_the_sample_and_serves_it()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using TestTarget sample = await TestTarget.StartAsync(
            "sample", new() { Arguments = ["--workers", "0", "--busy", "2"], Compile = CompileOptions.Debian with { Stripped = false } }, Cancel);
        var report = await SampleAsync(sample.Id, new SamplingOptions(Time, null, null, Cancel), r => r.Proposal!.Points.Any(p => p.Function.Name == "handle_request"));
        var (profile, refusal) = ProfileReader.Parse(Core.Quiescence.Sampling.ProposalText.Render(report.Proposal!), "proposed");
        Assert.Null(refusal);
        Assert.Contains("generator", profile!.Below);

        var served = profile with { Points = [.. profile.Points.Where(p => p.Function == "handle_request")] };
        var applied = await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, profile: served).ExpectAsync(Outcome.Done);
        Assert.Contains(applied.Threads, t => t.Path == Migrations.MigrationPath.Point);
        Assert.Equal(0, SampleReport.Parse(await sample.AskAsync("report", Cancel)).Mixed);
    }

    /// <summary>A second build of the same source, with symbols, serves a stripped program.</summary>
    [Fact]
    public async Task Names_come_from_a_build_with_symbols()
    {
        string symbols = await TargetSource.Sample.ProgramAsync(CompileOptions.Debian with { Stripped = false }, Cancel);
        await using TestTarget sample = await TestTarget.StartAsync("sample", new() { Arguments = ["--workers", "0", "--busy", "2"] }, Cancel);
        await SampleAsync(sample.Id, new SamplingOptions(Time, symbols, null, Cancel), r => r.Proposal!.Points.Any(p => p.Function.Name == "handle_request"));
        string other = await TargetSource.Find("churn").ProgramAsync(CompileOptions.Debian with { Stripped = false }, Cancel);
        var without = await SampleAsync(sample.Id, new SamplingOptions(Time, other, null, Cancel), r => r.Proposal!.Groups.Any(g => !g.Points.IsEmpty));
        Assert.Empty(without.Proposal!.Points);
    }

    [Fact]
    public async Task The_command_prints_a_document_and_writes_the_profile()
    {
        var patch = await TestPatches.GetAsync("explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch);
        string file = ScratchFolder.NewFile("proposed.toml");
        var report = await WfpatchCommand.RunAsync("points", "--pid", $"{target.Id}", "--seconds", "1", "-o", file);
        Assert.Equal("done", report.Result);
        Assert.Equal(await File.ReadAllTextAsync(file, Cancel), report.Document.GetProperty("profile").GetString());
        Assert.NotEqual(0, report.Document.GetProperty("groups").GetArrayLength());
        Assert.Contains(report.Document.GetProperty("announced").EnumerateArray(), a => a.GetProperty("kind").GetString() == "GlobalQuiescence");
        Assert.Contains("requests", await target.AskAsync("report", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_gone_is_told()
    {
        var report = await WfpatchCommand.RunAsync("points", "--pid", $"{int.MaxValue}", "--seconds", "1");
        report.ExpectFailure("gone", null, $"{int.MaxValue}");
        Assert.Equal("usage", (await WfpatchCommand.RunAsync("points", "--pid", "1", "--seconds", "0")).Result);
    }

    private static async Task<PointsReport> SampleAsync(int process, SamplingOptions options, Func<PointsReport, bool> isEnough)
    {
        const int MostRounds = 10;
        for (int round = 1; ; round++)
        {
            var report = await Task.Run(() => new Commands(new NativeLinux()).Points(process, options), Cancel);
            Assert.True(report.Outcome == Outcome.Done, report.Message);
            if (isEnough(report))
            {
                return report;
            }
            Assert.True(round < MostRounds, Core.Quiescence.Sampling.ProposalText.Render(report.Proposal!));
        }
    }
}
