// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.CommandLines;

/// <summary>What the command line prints of refusals and notes, for people and for programs.</summary>
public sealed class RefusalOutputTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_comes_with_its_place_and_what_can_be_done()
    {
        var report = await BuildAsync("-g", "\nint limit = 5;\nint use(int x) { return x * limit; }\n", "\nint limit = 6;\nint use(int x) { return x + limit; }\n");
        Assert.Equal((1, "WF204"), (report.Command.Status.Code, Assert.Single(report.Codes)));
        var refusal = report.Document.GetProperty("refusals")[0];
        Assert.EndsWith("new.c", refusal.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, refusal.GetProperty("line").GetInt32());
        Assert.Equal(DiffRefusals.DataChanged.Remedy, refusal.GetProperty("remedy").GetString());
        string[] lines = report.Command.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("wfpatch: WF204 data-changed: ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("new.c:2", lines[1], StringComparison.Ordinal);
        Assert.Equal("  " + DiffRefusals.DataChanged.Remedy, lines[2]);
    }

    [Fact]
    public async Task Without_debug_information_there_is_no_place_and_a_note()
    {
        const string Old = "extern int outside(int);\nint use(int x) { return outside(x) * 5 + x; }\n";
        var refused = await BuildAsync("-g0", "int limit = 5;\n" + Old, "int limit = 6;\n" + Old);
        var refusal = refused.Document.GetProperty("refusals")[0];
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (refusal.GetProperty("file").ValueKind, refusal.GetProperty("line").ValueKind));
        var built = await BuildAsync("-g0", Old, Old.Replace("5", "6", StringComparison.Ordinal));
        Assert.Equal("done", built.Result);
        var note = built.Document.GetProperty("notes")[0];
        Assert.Equal("WF229", note.GetProperty("code").GetString());
        Assert.Contains("no debug information", note.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Empty((await BuildAsync("-g", Old, Old.Replace("5", "6", StringComparison.Ordinal))).Document.GetProperty("notes").EnumerateArray());
    }

    private static async Task<CommandReport> BuildAsync(string flag, string old, string @new)
    {
        string folder = Path.GetDirectoryName(ScratchFolder.NewFile("x"))!;
        foreach (var (name, source) in new[] { ("old", old), ("new", @new) })
        {
            string file = Path.Combine(folder, name + ".c");
            await File.WriteAllTextAsync(file, source, Cancel);
            (await ChildProcess.RunAsync(CommandLine.Of("gcc", "-O2", flag, "-ffunction-sections", "-fdata-sections", "-c", file, "-o", Path.Combine(folder, name + ".o")), Cancel)).OrThrow();
        }
        return await WfpatchCommand.RunAsync(["build", "--old", Path.Combine(folder, "old.o"), "--new", Path.Combine(folder, "new.o"), "-o", Path.Combine(folder, "fix.wfp")]);
    }
}
