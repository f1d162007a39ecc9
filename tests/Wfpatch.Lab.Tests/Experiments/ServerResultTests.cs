// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Spectre.Console;
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Experiments.Views;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments;

/// <summary>What makes a server's result good, and how results are shown.</summary>
public sealed class ServerResultTests
{
    private static readonly AppliedPatch Applied = new("p", 1, 10, 10, 0, 1500, 3, "done");

    private static readonly ServerResult Good = new("s", "server 1", [])
    {
        Requests = 100, Visible = Applied, Fix = Applied, Before = "old", During = "new", After = "old", Bug = new("bug", "lost", "signal 11", "ok", "ok", true), IsClean = true, End = "exit code 0",
    };

    public static TheoryData<string> Wrongs => [.. Bad.Keys];

    private static readonly ImmutableDictionary<string, ServerResult> Bad = new Dictionary<string, ServerResult>
    {
        ["a failed request"] = Good with { Failed = 1 },
        ["no request"] = Good with { Requests = 0 },
        ["a pending thread"] = Good with { Visible = Applied with { Pending = 1 } },
        ["refused"] = Good with { Fix = Applied with { Result = "refused", Migrated = 0 } },
        ["the reply did not change"] = Good with { During = "old" },
        ["the reply stayed"] = Good with { After = "new" },
        ["it did not end"] = Good with { End = "" },
        ["not clean"] = Good with { IsClean = false },
        ["the bug is there with the fix"] = Good with { Bug = Good.Bug! with { Patched = "lost" } },
        ["the patched one died"] = Good with { Bug = Good.Bug! with { Survives = false } },
        ["the bug is not there without the fix"] = Good with { Bug = Good.Bug! with { Unpatched = "ok", UnpatchedEnd = "" } },
        ["not tried"] = new("s", "", ["why"]),
    }.ToImmutableDictionary();

    [Fact]
    public void It_is_good_when_all_is() => Assert.True(Good.IsGood);

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void It_is_not_good_otherwise(string what) => Assert.False(Bad[what].IsGood);

    [Fact]
    public void A_wrong_answer_shows_a_bug_as_an_end_does() =>
        Assert.True((Good with { Bug = Good.Bug! with { Unpatched = "wrong", UnpatchedEnd = "" } }).IsGood);

    [Fact]
    public void The_table_has_a_row_for_each_and_says_what_is_missing()
    {
        string text = Render([Good, new("other", "", ["not in this version: why"])]);
        Assert.Contains("10 of 10", text, StringComparison.Ordinal);
        Assert.Contains("dead (signal 11)", text, StringComparison.Ordinal);
        Assert.Contains("not in this version: why", text, StringComparison.Ordinal);
        Assert.Equal("1 of 2 servers were patched while they served; 0 of 100 requests failed.", ServersTable.About([Good, new("other", "", ["why"])]));
        Assert.StartsWith("s: NOT as it should be\n0 of 1", ServersTable.About([Bad["not clean"]]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_the_fields_that_the_page_names()
    {
        using var document = JsonDocument.Parse(ServerResult.ToJson([Good]));
        var server = document.RootElement.GetProperty("servers")[0];
        Assert.True(server.GetProperty("is_good").GetBoolean());
        Assert.Equal(1500, server.GetProperty("visible").GetProperty("transition_us").GetDouble());
        Assert.Equal("signal 11", server.GetProperty("bug").GetProperty("unpatched_end").GetString());
    }

    [Fact]
    public void Calls_of_a_module_are_those_for_shared_objects()
    {
        const string Database = """
            [{"directory":"/d","file":"a.c","arguments":["gcc","-ffunction-sections","-c","a.c","-o","a.o"]},
             {"directory":"/d","file":"../a.c","arguments":["gcc","-MD","-MF","x/a.d","-c","../a.c","-o","a.lo","-fPIC"]},
             {"directory":"/d","file":"b.c","arguments":["gcc","-fPIC","-c","b.c"]}]
            """;
        var (folder, call) = Assert.Single(FaultyModule.Calls(Database, ["a.c"]));
        Assert.Equal(("/d", "gcc -c ../a.c -fPIC"), (folder, string.Join(' ', call)));
        Assert.Equal(2, FaultyModule.Calls(Database, []).Count());
    }

    private static string Render(ImmutableArray<ServerResult> results)
    {
        using StringWriter writer = new();
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 200;
        console.Write(ServersTable.Render(results));
        return writer.ToString();
    }
}
