// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;
using Xunit;

namespace Wfpatch.Lab.Tests.Targets;

public sealed class ToolReportTests
{
    private const string Document = """
        {"result":"pending","patch":{"id":"0123456789abcdef","name":"fix"},"generation":2,
         "functions":[{"name":"step_parse","address":"0x1000","tactic":"pun"}],
         "arm_us":12.5,"transition_us":900,"stops":3,"longest_stop_us":40.5,
         "threads":[{"tid":7,"name":"w","generation":2,"how":"point","at_us":3.25,"blocker":null},
                    {"tid":8,"name":"s","generation":1,"how":"pending","at_us":null,"blocker":{"function":"step_lookup"}}],
         "refusals":[{"code":"WF1","subject":"f","sentence":"No."}]}
        """;

    [Fact]
    public void Every_field_of_apply_is_read()
    {
        ToolReport report = ToolReport.Parse(Result(Document));
        Assert.Equal(("pending", 2L, 12.5, 900.0, 3L, 40.5), (report.Result, report.Generation, report.ArmUs, report.TransitionUs, report.Stops, report.LongestStopUs));
        Assert.Equal(("0123456789abcdef", "fix"), (report.Patch!.Id, report.Patch.Name));
        Assert.Equal("pun", Assert.Single(report.Functions).Tactic);
        Assert.Equal(3.25, report.Threads[0].AtUs);
        Assert.True(report.Threads[1].IsPending);
        Assert.Equal("step_lookup", report.Threads[1].Blocker!.Value.GetProperty("function").GetString());
        Assert.Equal("pending; WF1 f: No.", report.Summary);
    }

    [Fact]
    public void A_refusal_without_the_rest_is_read() =>
        Assert.Empty(ToolReport.Parse(Result("""{"result":"refused","refusals":[]}""")).Threads);

    [Fact]
    public void What_is_no_document_is_shown() =>
        Assert.Contains("oh dear", Assert.Throws<InvalidDataException>(() => ToolReport.Parse(Result("oh dear"))).Message, StringComparison.Ordinal);

    private static CommandResult Result(string output) => new(CommandLine.Of("wfpatch"), new(0, 0), output, "", default);
}
