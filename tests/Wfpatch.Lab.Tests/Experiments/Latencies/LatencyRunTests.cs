// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Spectre.Console;
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Latencies.Views;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Latencies;

/// <summary>A run as a file, as results, and as a table.</summary>
public sealed class LatencyRunTests
{
    private static readonly PatchAttempt Done = new("apply", 100, 200, true, 10, 40, 1500, "") { ShownAfter = 7 };
    private static readonly PatchAttempt Missed = new("apply", 300, 900, false, 10, 600, 0, "2 of 10 threads are not there");

    private static readonly LatencyRun Run = new(
        new("memcached", "memcached 1", "visible", "long gets", "6.1.0", 2, "0.1.0", ".NET 10", true, DateTimeOffset.UnixEpoch, LatencyOptions.Default) { Load = [0.5, 2] },
        Cycles: 2,
        [
            Window("points", 0, false, 10, 20), Window("points", 0, true, 10, 40) with { Patches = [Done, Missed] },
            Window("none", 0, false, 10, 20), Window("none", 0, true, 10, 20) with { Failed = 2 },
            Window("points", 1, false, 10, 20), Window("points", 1, true, 20, 40) with { Patches = [Done with { LongestWait = 50, ShownBefore = 3 }] },
            Window("points", 2, false, 1, 1), // the run was cut off
        ],
        [new("global", "WF727 too far")], FailedElsewhere: 1, LongRequests: 9);

    [Fact]
    public void It_comes_out_of_its_file_as_it_went_in()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("wfpatch-latency-").FullName, "deep", "latency.json.gz");
        try
        {
            LatencyFile.Write(file, Run);
            LatencyFile.Write(file, Run); // in place of an older one
            Assert.Equal(JsonSerializer.Serialize(Run), JsonSerializer.Serialize(LatencyFile.Read(file)));
            Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(file))!, recursive: true);
        }
    }

    [Fact]
    public void It_goes_on_under_the_same_conditions_unless_it_is_at_its_end()
    {
        RunConditions<LatencyOptions> now = Run.Conditions with { Began = DateTimeOffset.UtcNow, Load = [7] };
        Assert.True(Run.CanGoOn(now));
        Assert.False(Run.CanGoOn(now with { Kernel = "6.2.0" }));
        Assert.False(Run.CanGoOn(now with { Options = now.Options with { Seed = 2 } }));
        Assert.False((Run with { Cycles = now.Options.Cycles(PatchMethods.Names.Length) }).CanGoOn(now));
        Assert.Null(LatencyFile.TryRead("/nowhere/latency.json.gz"));
    }

    [Fact]
    public void Methods_are_told_by_whole_pairs_in_the_order_of_the_table()
    {
        ImmutableArray<MethodResult> results = MethodResult.Of(Run);
        Assert.Equal(["none", "points"], results.Select(result => result.Method));
        MethodResult points = results[1];
        Assert.Equal((2, 8, 0), (points.Windows, points.Requests, points.Failed));
        Assert.Equal((3, 1, 3), (points.Patches, points.Missed, points.OtherVersion));
        Assert.Equal((new MedianAndMost(50, 600), new MedianAndMost(1500, 1500)), (points.LongestWait, points.Transition));
        Assert.Equal((20, 40, 2), (points.Latency.Without.Max, points.Latency.With.Max, points.Latency.Ratio.Max));
        Assert.Equal(2, results[0].Failed);
    }

    [Fact]
    public void All_requests_and_failures_count_also_those_in_no_pair() => Assert.Equal((14 + 9, 2 + 1), (Run.Requests, Run.Failed));

    [Theory]
    [InlineData(420, 7, 10)]
    [InlineData(1, 7, 1)]
    public void Each_method_has_its_turn_at_least_once(double seconds, int methods, int cycles) =>
        Assert.Equal(cycles, (LatencyOptions.Default with { Seconds = seconds }).Cycles(methods));

    [Fact]
    public void The_table_has_a_row_for_each_method_and_says_what_is_missing()
    {
        ImmutableArray<LatencyReport> reports = [LatencyReport.Of(Run, "local/latency-memcached.json.gz"), LatencyReport.NotMeasured("samba", "not in this version")];
        using StringWriter writer = new();
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 240;
        console.Write(LatencyTable.Render(reports));
        string row = Assert.Single(writer.ToString().Split('\n'), line => line.Contains("points", StringComparison.Ordinal));
        Assert.Equal(
            ["memcached", "points", "20", "40", "40", "40", "2.00 (2.00 to 2.00)", "2.00 (2.00 to 2.00)", "3", "1", "50 (600)", "1.5 (1.5)", "0"],
            row.Split('│')[1..^1].Select(cell => cell.Trim()));
        Assert.DoesNotContain(" to ", Assert.Single(writer.ToString().Split('\n'), line => line.Contains("│ none", StringComparison.Ordinal)), StringComparison.Ordinal); // one pair
        string about = LatencyTable.About(reports);
        Assert.Contains("3 of 23 requests failed; lab/results/local/latency-memcached.json.gz", about, StringComparison.Ordinal);
        Assert.Contains("memcached: not by global: WF727 too far", about, StringComparison.Ordinal);
        Assert.Contains("memcached: points: 3 replies of the other version", about, StringComparison.Ordinal);
        Assert.Contains("samba: not measured: not in this version", about, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_the_fields_that_the_page_names()
    {
        using var document = JsonDocument.Parse(LatencyReport.ToJson([LatencyReport.Of(Run, "f")]));
        JsonElement server = document.RootElement.GetProperty("servers")[0];
        Assert.False(server.GetProperty("is_good").GetBoolean());
        Assert.Equal(2, server.GetProperty("conditions").GetProperty("processors").GetInt32());
        JsonElement points = server.GetProperty("methods")[1];
        Assert.Equal(2, points.GetProperty("latency").GetProperty("ratio").GetProperty("p999").GetDouble());
        Assert.Equal(600, points.GetProperty("longest_wait_us").GetProperty("most").GetDouble());
    }

    [Theory]
    [InlineData("nonsense", "local")]
    [InlineData("memcached", "../elsewhere")]
    [InlineData("memcached", "")]
    public async Task What_cannot_be_meant_is_a_usage_error(string server, string name) =>
        Assert.Equal(2, await new LatencyCommand(new([server], name), LatencyOptions.Default, Json: false).RunAsync(TestContext.Current.CancellationToken));

    private static LatencyWindow Window(string method, int pair, bool isPatched, params ImmutableArray<int> latencies) =>
        new(method, pair, isPatched, 1000, 2000) { Due = [.. Enumerable.Range(0, latencies.Length)], Latencies = latencies };
}
