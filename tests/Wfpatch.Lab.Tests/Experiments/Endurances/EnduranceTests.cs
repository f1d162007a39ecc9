// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Spectre.Console;
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Endurances.Views;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Endurances;

/// <summary>`lab endurance`: what a run is, and a short one of memcached.</summary>
public sealed class EnduranceTests(ITestOutputHelper output)
{
    private static readonly EnduranceSample First = new(20, 1000, 60, 200, 5000, 30, 15, 4096, 800, 0);
    private static readonly EnduranceSample Last = First with { Cycle = 500, AtMs = 20_000, PageTablesKiB = 204, Requests = 16_000 };

    private static readonly EnduranceRun Run = new(
        new("apache", "apache2 2", "visible", "", "6.1.0", 2, "0.1.0", ".NET 10", true, DateTimeOffset.UnixEpoch, EnduranceOptions.Of("apache", null)) { Load = [0.5, 2] }, "", 12_500, false, [First, Last]);

    [Fact]
    public void It_comes_out_of_its_file_as_it_went_in()
    {
        string file = Path.GetTempFileName();
        try
        {
            Run.Write(file);
            Assert.Equal(JsonSerializer.Serialize(Run), JsonSerializer.Serialize(EnduranceRun.Read(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void It_is_good_when_all_cycles_were_made_nothing_failed_and_nothing_of_ours_grew()
    {
        Assert.True(Run.IsGood);
        Assert.False((Run with { Failure = "gone" }).IsGood);
        Assert.False((Run with { Samples = [First, Last with { Cycle = 499 }] }).IsGood);
        Assert.False((Run with { Samples = [First, Last with { Failed = 1 }] }).IsGood);
        Assert.False((Run with { Samples = [First, Last with { CodeKiB = 64 }] }).IsGood);
        Assert.True((Run with { Samples = [First, Last with { CodeKiB = 64 }], MakesCode = true }).IsGood);
        Assert.False((Run with { Samples = [First, Last with { BytesTold = 8192 }], MakesCode = true }).IsGood);
        Assert.False((Run with { Samples = [First, Last with { Files = 31 }] }).IsGood);
        Assert.False((Run with { Samples = [] }).IsGood);
        // One that is open while it is looked at is no growth.
        Assert.True((Run with { Samples = [First, First with { Files = 32 }, Last, Last with { Files = 31 }] }).IsGood);
    }

    [Theory]
    [InlineData("memcached", null, 10_000)]
    [InlineData("mariadb", null, 500)]
    [InlineData("memcached", 30, 30)]
    public void Memcached_has_more_cycles_than_the_others(string server, int? asked, int cycles) => Assert.Equal(cycles, EnduranceOptions.Of(server, asked).Cycles);

    [Fact]
    public void The_table_has_a_row_for_each_server_and_says_what_is_missing()
    {
        ImmutableArray<EnduranceReport> reports = [EnduranceReport.Of(Run, "f"), EnduranceReport.Of(Run with { Failure = "gone", MakesCode = true }, "f"), EnduranceReport.NotMeasured("samba", "not in this version")];
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 240;
        console.Write(EnduranceTable.Render(reports));
        string[] rows = [.. writer.ToString().Split('\n').Where(line => line.Contains("apache", StringComparison.Ordinal))];
        Assert.Equal(["apache", "500 of 500", "40.0", "16,000", "0", "12.5", "0", "4", "0", "0", "0", "0", ""], rows[0].Split('│')[1..^1].Select(cell => cell.Trim()));
        Assert.Contains("NOT as it should be", rows[1], StringComparison.Ordinal);
        string about = EnduranceTable.About(reports);
        Assert.Contains("samba: not measured: not in this version", about, StringComparison.Ordinal);
        Assert.Contains("apache: ended early: gone", about, StringComparison.Ordinal);
        Assert.Contains("apache: it makes code itself", about, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_the_fields_that_the_page_names()
    {
        using var document = JsonDocument.Parse(EnduranceReport.ToJson([EnduranceReport.Of(Run, "f")]));
        JsonElement server = document.RootElement.GetProperty("servers")[0];
        Assert.True(server.GetProperty("is_good").GetBoolean());
        Assert.Equal(40, server.GetProperty("milliseconds_each").GetDouble());
        Assert.Equal(4, server.GetProperty("growth").GetProperty("page_tables_kib").GetInt64());
    }

    [Theory]
    [InlineData("nonsense", 1)]
    [InlineData("memcached", 0)]
    public async Task What_cannot_be_meant_is_a_usage_error(string server, int cycles) =>
        Assert.Equal(2, await new EnduranceCommand(new([server], "local"), cycles, Json: false).RunAsync(TestContext.Current.CancellationToken));

    [Fact]
    public async Task Memcached_stands_some_cycles()
    {
        EnduranceRun run = await EnduranceCommand.MeasureAsync(new MemcachedLab(), new(25, 4, 400), output.WriteLine, TestContext.Current.CancellationToken);
        Assert.Equal(("", 25, 0), (run.Failure, run.Cycles, run.Failed));
        Assert.True(run.Requests > 0, "no load");
        Assert.Equal((20, 0), (run.Samples[0].Cycle, run.Growth.BytesTold));
    }
}
