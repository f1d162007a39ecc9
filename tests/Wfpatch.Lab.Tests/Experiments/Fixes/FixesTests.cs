// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Build;
using Wfpatch.Core.Refusals;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Fixes.Views;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Fixes;

/// <summary>`lab patches`: what a run is, and Apache's fixes, taken out of a running one.</summary>
public sealed class FixesTests(ITestOutputHelper output)
{
    private static readonly FixesRun Run = new("apache", "apache2", "2", DateTimeOffset.UnixEpoch, "6.1.0", 2, "0.1.0",
    [
        FixResult.Of(new("apache2", "2", "a-CVE-2007-1742.patch", SeriesOutcome.Built) { Functions = 2, Shipped = "all" }) with { Applied = "done", Requests = 400 },
        FixResult.Of(new("apache2", "2", "b.patch", SeriesOutcome.Refused) { Refusals = [DiffRefusals.DataChanged.About("limit", "limit changed.")] }),
        FixResult.Of(new("apache2", "2", "c.patch", SeriesOutcome.NotCompiled)),
    ]);

    [Fact]
    public void The_row_counts_and_each_that_is_not_taken_is_named()
    {
        Assert.Equal(["apache: apache2 2", "3 (1)", "2", "1", "1", "1", "1", "0", "10 (10)", "7"], FixesTable.Cells(Run));
        string about = FixesTable.About([Run]);
        Assert.Contains("apache: b.patch: refused WF204", about, StringComparison.Ordinal);
        Assert.Contains("apache: c.patch: not-compiled", about, StringComparison.Ordinal);
        Assert.DoesNotContain("CVE-2007-1742", about, StringComparison.Ordinal);
        Assert.Contains("mariadb: ", about, StringComparison.Ordinal);
    }

    [Fact]
    public void None_may_be_wrong_and_no_request_fail()
    {
        Assert.True(Run.IsGood);
        Assert.False((Run with { Fixes = [Run.Fixes[0] with { Outcome = "wrong" }] }).IsGood);
        Assert.False((Run with { Fixes = [Run.Fixes[0] with { Failed = 1 }] }).IsGood);
    }

    [Fact]
    public void It_comes_out_of_its_file_as_it_went_in()
    {
        string file = Path.GetTempFileName();
        try
        {
            Run.Write(file);
            Assert.Equal(JsonSerializer.Serialize(Run), JsonSerializer.Serialize(FixesRun.Read(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task What_cannot_be_meant_is_a_usage_error() =>
        Assert.Equal(2, await new FixesCommand(new(["nonsense"], "local"), Json: false).RunAsync(TestContext.Current.CancellationToken));

    /// <summary>apache2's fixes by their units: the running server takes each that is in what it has loaded.</summary>
    [Fact]
    public async Task Apache_takes_those_that_are_made()
    {
        FixesRun run = await FixesCommand.MeasureAsync(FixSource.All.Single(source => source.Server == "apache"), output.WriteLine, TestContext.Current.CancellationToken);
        Assert.True(run.IsGood, FixesRun.ToJson([run]));
        Assert.Contains(run.Fixes, fix => fix is { IsMade: true, Applied: FixResult.Done, Requests: > 0 });
        Assert.All(run.Fixes, fix => Assert.True(fix.Applied.Length == 0 || fix.Applied == FixResult.Done, $"{fix.Patch}: {fix.Applied}"));
    }
}
