// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Samples;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>The sample server with two busy threads, which migrate at points, and some that are blocked in calls and end the program where one is disturbed. The busy ones
/// leave a processor free, which the controller needs.</summary>
internal sealed class SampleVictim(TestTarget target) : Victim
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public override int Id => target.Id;

    public override Policy Policy => Policy.Points;

    public override string Profile => SamplePatches.ProfileFile;

    public static async Task<Victim> StartAsync() =>
        new SampleVictim(await TestTarget.StartAsync("sample", new TargetOptions { Arguments = ["--workers", "1", "--busy", "2", "--pause", "20"] }, Cancel));

    public override async Task ExpectRunsOnAsync(int turn, int old) => Assert.Equal(0, (await FurtherAsync(await ReportAsync(), 1)).Mixed);

    public override async Task ExpectVersionAsync(int version)
    {
        // Requests that had begun before may still end in another version: one more of each thread, then none of another.
        var settled = await FurtherAsync(await ReportAsync(), 1);
        var after = await FurtherAsync(settled, 10);
        Assert.Equal(0, after.Mixed);
        string right = version.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(settled.Versions.Remove(right).OrderBy(v => v.Key), after.Versions.Remove(right).OrderBy(v => v.Key));
    }

    public override ValueTask DisposeAsync() => target.DisposeAsync();

    private async Task<SampleReport> ReportAsync() => SampleReport.Parse(await target.AskAsync("report", Cancel));

    private async Task<SampleReport> FurtherAsync(SampleReport from, long requests)
    {
        while (true)
        {
            var report = await ReportAsync();
            if (Busy(report).Zip(Busy(from)).All(t => t.First.Requests > t.Second.Requests + requests))
            {
                return report;
            }
            await Task.Yield();
        }
    }

    private static IEnumerable<SampleThread> Busy(SampleReport report) => report.Threads.Where(t => t.Name.StartsWith("busy", StringComparison.Ordinal));
}
