// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Samples;
using Wfpatch.Testing.Targets;

namespace Wfpatch.Live.Tests.Consistency;

/// <summary>The paper's consistency test: busy threads, one patch after another, and no request is served by two versions.</summary>
public sealed class ManyPatchesTests
{
    private const int BusyThreads = 16;
    private const int Patches = 1000;
    private const int Versions = 4;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thousand_patches_under_sixteen_busy_threads_never_mix_a_request()
    {
        var patches = new List<Patch>();
        for (int version = 1; version <= Versions; version++)
        {
            patches.Add((await SamplePatches.BuildAsync(version, (version % Versions) + 1)).Patch);
        }
        await using var target = await TestTarget.StartAsync("sample", new TargetOptions { Arguments = ["--workers", "0", "--busy", $"{BusyThreads}"] }, Cancel);
        var commands = new Commands(new NativeLinux());
        var options = new TransitionOptions(Policy.Points, SamplePatches.Profile, TimeSpan.FromMinutes(1), Cancel);
        int applied = 0;
        int mappings = 0;
        while (applied < Patches)
        {
            foreach (var patch in patches)
            {
                AssertComplete(commands.Apply(target.Id, patch, options));
                applied++;
            }
            // From the last version the circle leads back to the first.
            var newest = await ReportAsync(target);
            Assert.Equal(0, newest.Mixed);
            Assert.All(newest.Threads.Where(t => t.Name.StartsWith("busy", StringComparison.Ordinal)), t => Assert.Equal(1, t.Version));
            // The first round maps what all others use.
            int now = (await File.ReadAllLinesAsync($"/proc/{target.Id}/maps", Cancel)).Length;
            Assert.True(mappings == 0 || now <= mappings, $"{now} mappings after {applied} patches, {mappings} after the first round");
            mappings = mappings == 0 ? now + 2 : mappings;
        }
        var last = await ReportAsync(target);
        Assert.Equal(0, last.Mixed);
        Assert.All(last.Threads.Where(t => t.Name.StartsWith("busy", StringComparison.Ordinal)), t => Assert.Equal(1, t.Version));
        Assert.All(Enumerable.Range(1, Versions), v => Assert.True(last.Versions.GetValueOrDefault(v.ToString(CultureInfo.InvariantCulture)) > 0, $"no request was served by version {v}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{applied} patches, {last.Requests} requests, {last.Mixed} mixed");
    }

    private static void AssertComplete(TransitionReport report)
    {
        Assert.True(report.Outcome == Outcome.Done, report.Message + string.Join("; ", report.Refusals));
        Assert.All(report.Threads, t => Assert.NotEqual(Migrations.MigrationPath.Pending, t.Path));
    }

    // A busy thread shows the version of its latest request: it must have made one since the transition.
    private static async Task<SampleReport> ReportAsync(TestTarget target)
    {
        var before = SampleReport.Parse(await target.AskAsync("report", Cancel));
        while (true)
        {
            var now = SampleReport.Parse(await target.AskAsync("report", Cancel));
            if (now.Threads.Zip(before.Threads).All(t => !t.First.Name.StartsWith("busy", StringComparison.Ordinal) || t.First.Requests > t.Second.Requests + 1))
            {
                return now;
            }
            await Task.Yield();
        }
    }
}
