// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Lab.Experiments.Restarts;
using Wfpatch.Lab.Experiments.Restarts.Views;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Restarts;

/// <summary>`lab restart`: what a run is, and a short one of memcached.</summary>
public sealed class RestartTests(ITestOutputHelper output)
{
    private static readonly RestartRun Run = new(
        new("apache", "apache2 2", "visible", "", "6.1.0", 2, "0.1.0", ".NET 10", true, DateTimeOffset.UnixEpoch, new(1, 8, 800)) { Load = [0.5, 2] }, 0,
        [new("patch", 20, 800, 0, 3.5, ""), new("restart", 120, 900, 40, 130, "")]);

    [Fact]
    public void It_comes_out_of_its_file_as_it_went_in()
    {
        string file = Path.GetTempFileName();
        try
        {
            Run.Write(file);
            Assert.Equal(JsonSerializer.Serialize(Run), JsonSerializer.Serialize(RestartRun.Read(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_restart_may_lose_requests_and_a_patch_may_not()
    {
        Assert.True(Run.IsGood);
        Assert.False((Run with { Samples = [Run.Samples[0] with { Failed = 1 }, Run.Samples[1]] }).IsGood);
        Assert.False((Run with { Samples = [Run.Samples[0], Run.Samples[1] with { Why = "it answered" }] }).IsGood);
        Assert.False((Run with { Samples = [Run.Samples[0]] }).IsGood);
        Assert.False((Run with { FailedElsewhere = 1 }).IsGood);
    }

    [Fact]
    public void The_table_and_the_document_have_both_ways()
    {
        RestartReport report = RestartReport.Of(Run, "f");
        Assert.Equal(["apache", "restart", "1", "120.0 ± 0.0, 120.0", "130.0 ± 0.0, 130.0", "900", "40"], RestartTable.Cells(report.Server, report.Ways[1]));
        Assert.Contains("samba: not measured: not in this version", RestartTable.About([report, RestartReport.NotMeasured("samba", "not in this version")]), StringComparison.Ordinal);
        using var document = JsonDocument.Parse(RestartReport.ToJson([report]));
        JsonElement way = document.RootElement.GetProperty("servers")[0].GetProperty("ways")[0];
        Assert.Equal(("patch", 0), (way.GetProperty("way").GetString(), way.GetProperty("failed").GetInt64()));
    }

    [Theory]
    [InlineData("nonsense", 1)]
    [InlineData("memcached", 0)]
    public async Task What_cannot_be_meant_is_a_usage_error(string server, int count) =>
        Assert.Equal(2, await new RestartCommand(new([server], "local"), new(count, 8, 800), Json: false).RunAsync(TestContext.Current.CancellationToken));

    /// <summary>The load notices the restart, and nothing of the patch.</summary>
    [Fact]
    public async Task Memcached_is_patched_and_restarted()
    {
        RestartRun run = await RestartCommand.MeasureAsync(new MemcachedLab(), new(2, 4, 400), output.WriteLine, TestContext.Current.CancellationToken);
        Assert.Equal(["patch", "restart", "patch", "restart"], run.Samples.Select(sample => sample.Way));
        Assert.True(run.IsGood, RestartReport.ToJson([RestartReport.Of(run, "")]));
        Assert.All(run.Samples, sample => Assert.True(sample.IsPatch || sample.Failed > 0, "nobody noticed the restart"));
    }
}
