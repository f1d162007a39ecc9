// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Reports;
using Wfpatch.Lab.Pictures;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Reports;

/// <summary>`lab report`: from results that are made up to text, page and pictures.</summary>
public sealed class ReportTests
{
    private static readonly ImmutableArray<ReportPart> Parts = ReportText.Of(MadeUpResults.Set);

    [Fact]
    public Task The_report_is_as_it_was_looked_at() => Golden.CompareAsync("lab-report.txt", MarkdownView.Render(Parts));

    [Theory]
    [InlineData("memcached-tail")]
    [InlineData("memcached-time")]
    [InlineData("memcached-last")]
    [InlineData("memcached-threads")]
    public async Task Pictures_are_as_they_were_looked_at(string name)
    {
        string svg = SvgText.Render(Parts.OfType<Picture>().Single(picture => picture.Name == name).Drawing);
        Assert.Equal("svg", XDocument.Parse(svg).Root!.Name.LocalName);
        await Golden.CompareAsync($"lab-{name}.svg", svg);
    }

    [Fact]
    public void The_page_needs_nothing_beside_itself_and_fits_a_telephone()
    {
        string page = HtmlView.Render("a < b", Parts);
        Assert.Contains("<title>a &lt; b</title>", page, StringComparison.Ordinal);
        Assert.Contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">", page, StringComparison.Ordinal);
        Assert.Equal(Parts.OfType<Picture>().Count(), Regex.Count(page, "<svg "));
        Assert.Equal(Parts.OfType<Grid>().Count(), Regex.Count(page, "<div class=\"wide\"><table>"));
        Assert.DoesNotMatch("(src|href)=|url\\(|@import|<script", page);
        Assert.Contains("apache2 &lt;2&gt; cannot be had", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_would_be_markup_stands_for_itself() =>
        Assert.Equal("| a |\n| --- |\n| x\\|y\\<br\\>\\*<br>z |", MarkdownView.Render(new Grid(["a"], [["x|y<br>*\nz"]])));

    [Theory]
    [InlineData("none", "2.00 (2.00 to 2.00)", "1.20 (1.00 to 1.20)", "no")]
    [InlineData("nobody", "2.00 (2.00 to 2.00)", "", "no")]
    [InlineData("points", "1.20 (1.00 to 1.20)", "1.20 (1.00 to 1.20)", "cannot be told")]
    public void The_goal_is_judged_by_whole_intervals(string none, string ratio, string ofNone, string verdict)
    {
        LatencyRun run = MadeUpResults.Set.Latencies[0];
        // The windows of one method under the name of another.
        run = run with { Windows = [.. run.Windows.Where(window => window.Method == "none").Select(window => window with { Method = none }), .. run.Windows.Where(window => window.Method == "points" && none != "points")] };
        if (none == "points")
        {
            run = run with { Windows = [.. run.Windows, .. run.Windows.Select(window => window with { Method = "none" })] };
        }
        Assert.Equal(["memcached", "points", ratio, ofNone, verdict], Assert.Single(ReportTables.Goal(MadeUpResults.Set with { Latencies = [run] }).Rows));
    }

    [Fact]
    public void It_is_written_with_its_pictures_in_both_formats()
    {
        string folder = Directory.CreateTempSubdirectory("wfpatch-report-").FullName;
        try
        {
            ImmutableArray<string> files = ReportCommand.Write(MadeUpResults.Set, folder);
            Assert.Equal(2 + (2 * Parts.OfType<Picture>().Count()), files.Length);
            Assert.All(files, file => Assert.True(new FileInfo(file).Length > 0, file));
            Assert.All(files.Where(file => file.EndsWith(".png", StringComparison.Ordinal)), file => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(file)[..4]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("nobody-has-measured-this")]
    public void Without_results_there_is_no_report(string name) => Assert.Equal(2, new ReportCommand(name, Docs: true).Run());
}
