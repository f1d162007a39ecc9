// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Overheads.Views;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Overheads;

/// <summary>A run as a file, as results, and as tables.</summary>
public sealed class OverheadRunTests
{
    private static readonly ImmutableArray<SeenThread> Threads =
        [new(1, "main", "outside", 30, "futex"), new(2, "worker-1", "point", 10, "epoll_wait"), new(3, "worker-2", "outside", 50, "epoll_wait"), new(4, "worker-3", "born", 0, "")];

    private static readonly OverheadSample Done = new(0, "points", "apply", true, "", 2, 20, 2000, 3, 90, 40, 0, 4096, Threads, []);

    private static readonly OverheadRun Run = new(
        new("memcached", "memcached 1", "visible", "long gets", "6.1.0", 2, "0.1.0", ".NET 10", true, DateTimeOffset.UnixEpoch, OverheadOptions.Default) { Load = [0.5, 2] },
        Cycles: 2, new(40, 4, 1.5), Requests: 1234, Failed: 0,
        [
            Done,
            Done with { Cycle = 1, ArmUs = 30, TransitionUs = 4000, Threads = [new(1, "main", "outside", 40, "futex"), new(3, "worker-2", "return", 80, "running")] },
            Done with { Verb = "revert", ArmUs = 12 },
            Done with { Method = "barrier", Done = false, Why = "WF721 not gathered", Threads = [], LongestWaitUs = 50000, Missing = [new(3, "worker-2", "pending", null, "running")] },
        ],
        [new("stack", "WF999 not here")]);

    [Fact]
    public void It_comes_out_of_its_file_as_it_went_in()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("wfpatch-overhead-").FullName, "deep", "overhead.jsonl.gz");
        try
        {
            Run.Write(file);
            Run.Write(file); // in place of an older one
            Assert.Equal(JsonSerializer.Serialize(Run), JsonSerializer.Serialize(OverheadRun.Read(file)));
            Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!));
            File.WriteAllText(file, "no such thing");
            Assert.Null(OverheadRun.TryRead(file));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(file))!, recursive: true);
        }
    }

    [Fact]
    public void It_goes_on_under_the_same_conditions_unless_it_is_at_its_end()
    {
        RunConditions<OverheadOptions> now = Run.Conditions with { Began = DateTimeOffset.UtcNow, Load = [7] };
        Assert.True(Run.CanGoOn(now));
        Assert.False(Run.CanGoOn(now with { Title = "memcached 2" }));
        Assert.False((Run with { Cycles = now.Options.Patches }).CanGoOn(now));
    }

    [Fact]
    public void A_method_is_told_by_what_was_done_and_how_often_it_was_not()
    {
        ImmutableArray<OverheadResult> results = OverheadResult.Of(Run.Samples);
        Assert.Equal([("points", "apply"), ("points", "revert"), ("barrier", "apply")], results.Select(result => (result.Method, result.Verb)));
        Assert.Equal((2, 0, 4), (results[0].Patches, results[0].Missed, results[0].Threads));
        Assert.Equal((20, 30, Math.Sqrt(50)), (results[0].ArmUs.Median, results[0].ArmUs.Most, results[0].ArmUs.Deviation));
        Assert.Equal((1, 1, 50000), (results[2].Patches, results[2].Missed, results[2].LongestWaitUs.Most));
        Assert.Equal(default, results[2].ArmUs);
        Assert.Equal([new AbsentThreads("worker-", 1)], results[2].Absent);
    }

    [Fact]
    public void Threads_of_one_kind_have_a_name_and_a_call_in_common_and_come_by_themselves_or_never()
    {
        ImmutableArray<ThreadKind> kinds = ThreadKind.Of(Run.Samples);
        Assert.Equal([("worker-", 2, true), ("main", 1, false), ("worker-", 1, false)], kinds.Select(kind => (kind.Name, kind.Threads, kind.EverComes)));
        Assert.Equal([new("epoll_wait", 0.8), new("running", 0.2)], kinds[0].Calls);
        Assert.Equal((5, 3, 10, 80, 2), (kinds[0].Transitions, kinds[0].ByThemselves.Times, kinds[0].ByThemselves.AtUs.Median, kinds[0].ByThemselves.AtUs.Most, kinds[0].FromOutside.Times));
        Assert.Equal((3, 30, 40), (kinds[1].FromOutside.Times, kinds[1].FromOutside.AtUs.Median, kinds[1].FromOutside.AtUs.Most));
        Assert.Equal((2, 2), (kinds[2].Transitions, kinds[2].Born));
    }

    [Theory]
    [InlineData("mc-worker12", "mc-worker")]
    [InlineData("slapd", "slapd")]
    [InlineData("42", "42")]
    public void A_number_at_the_end_of_a_name_tells_threads_apart_and_no_kinds(string name, string kind) => Assert.Equal(kind, ThreadKind.NameOf(name));

    [Fact]
    public void The_tables_have_a_row_for_each_method_and_kind_and_say_what_is_missing()
    {
        ImmutableArray<OverheadReport> reports = [OverheadReport.Of(Run, "local/overhead-memcached.jsonl.gz"), OverheadReport.NotMeasured("samba", "not in this version")];
        Assert.Equal(
            ["memcached", "points", "apply", "2", "0", "4", "20 ± 7, 30", "3 ± 0, 3", "90 ± 0, 90", "40 ± 0, 40", "", "2.0 ± 1.4, 4.0"],
            Row(OverheadTable.RenderMethods(reports), "apply"));
        Assert.Equal(
            ["memcached", "points", "1", "main", "futex 100 %", "3", "", "", "3", "30 ± 6, 40", "", "", "", ""],
            Row(OverheadTable.RenderKinds(reports), "main"));
        string about = OverheadTable.About(reports);
        Assert.Contains("40 KiB with the first patch (1.5 told), 4 more with all later ones; 0 of 1,234 requests failed; lab/results/local/overhead-memcached.jsonl.gz", about, StringComparison.Ordinal);
        Assert.Contains("memcached: not by stack: WF999 not here", about, StringComparison.Ordinal);
        Assert.Contains("memcached: barrier, apply: the others waited in vain for worker- (1 times)", about, StringComparison.Ordinal);
        Assert.Contains("samba: not measured: not in this version", about, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_the_fields_that_the_page_names()
    {
        using var document = JsonDocument.Parse(OverheadReport.ToJson([OverheadReport.Of(Run, "f")]));
        JsonElement server = document.RootElement.GetProperty("servers")[0];
        Assert.True(server.GetProperty("is_good").GetBoolean());
        Assert.Equal(40, server.GetProperty("memory").GetProperty("first").GetInt64());
        Assert.Equal(20, server.GetProperty("methods")[0].GetProperty("arm_us").GetProperty("median").GetDouble());
        Assert.Equal(3, server.GetProperty("kinds")[0].GetProperty("by_themselves").GetProperty("times").GetInt32());
    }

    [Theory]
    [InlineData("nonsense", 1)]
    [InlineData("memcached", 0)]
    public async Task What_cannot_be_meant_is_a_usage_error(string server, int patches) =>
        Assert.Equal(2, await new OverheadCommand(new([server], "local"), OverheadOptions.Default with { Patches = patches }, Json: false).RunAsync(TestContext.Current.CancellationToken));

    private static IEnumerable<string> Row(IRenderable table, string with)
    {
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 260;
        console.Write(table);
        return writer.ToString().Split('\n').First(line => line.Contains(with, StringComparison.Ordinal)).Split('│')[1..^1].Select(cell => cell.Trim());
    }
}
