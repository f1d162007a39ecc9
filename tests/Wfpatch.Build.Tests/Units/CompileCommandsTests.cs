// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Tests.Sources;
using Wfpatch.Build.Units;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Units;

/// <summary>From a compilation database: the touched units alone, at the paths of the original as far as the code tells.</summary>
public sealed class CompileCommandsTests : IDisposable
{
    private static readonly string[] BadDatabases = ["{}", "[{}]", "[", "[]", "[{\"directory\":\"/\",\"command\":\"ld -o x\"}]"];

    private readonly SampleProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task A_unit_that_changed_is_compiled_twice_and_nothing_else()
    {
        Write();
        var events = new EventList();
        var result = await RunAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"), events);
        Assert.Equal(["answer"], SampleProject.Replaced(result));
        Assert.Equal([(BuildStage.OldBuild, "lib/answer.c"), (BuildStage.NewBuild, "lib/answer.c")], events.All.Where(e => e.Unit is not null).Select(e => (e.Stage, e.Unit!)));
        Assert.Empty(Directory.GetDirectories(_project.Cache, "units"));
    }

    [Fact]
    public async Task A_header_brings_all_units_that_include_it_through_whichever_file()
    {
        _project.Write("lib/between.h", "#define NEXT \"answer.h\"\n#include NEXT\n");
        _project.Write("lib/shape.cc", SampleProject.Shape.Replace("answer.h", "between.h", StringComparison.Ordinal) + "\n");
        Write();
        Assert.Equal(["_ZNK6shapes6Square4areaEv", "answer"], SampleProject.Replaced(await RunAsync(_project.Patch("lib/answer.h", "return 2 * x", "return 3 * x"))));
    }

    [Fact]
    public async Task What_the_author_allows_is_allowed_here_as_well()
    {
        _project.Write("lib/answer.c", SampleProject.Answer + "\nint limit = 5;\nint allowed(int x) { return x < limit; }\n");
        Write();
        string patch = _project.Patch("lib/answer.c", "limit = 5;\nint allowed(int x) { return x <", "limit = 6;\nint allowed(int x) { return x <=");
        Assert.Equal([DiffRefusals.DataChanged], (await RunAsync(patch)).Refusals.Select(r => r.Kind));
        Assert.Equal(["allowed"], SampleProject.Replaced(await RunAsync(patch, allowed: "limit")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Names_of_files_in_the_code_are_those_of_the_original(bool isAbsolute)
    {
        Write(isAbsolute);
        // later() asserts: its string is the file's name as the compiler was given it.
        var result = await RunAsync(_project.Patch("lib/answer.c", "x < 7000", "x < 7001"));
        Assert.Equal(["later"], SampleProject.Replaced(result));
        string name = isAbsolute ? $"{_project.Tree}/lib/answer.c" : "lib/answer.c";
        Assert.Contains(name, Texts(result.Patch!));
    }

    /// <summary>As Debian's builds do; `{tree}` is the source's folder, `{above}` the one that it lies in.</summary>
    [Theory]
    [InlineData("{tree}=.", "./lib/answer.c")]
    [InlineData("{tree}/lib=inner", "inner/answer.c")]
    [InlineData("{above}/=/usr/src/", "/usr/src/{name}/lib/answer.c")]
    [InlineData("/elsewhere=.", "{tree}/lib/answer.c")]
    public async Task Names_that_the_call_gives_to_folders_are_those_of_the_original(string map, string expected)
    {
        Write(isAbsolute: true, map: "-ffile-prefix-map=" + Fill(map));
        var result = await RunAsync(_project.Patch("lib/answer.c", "x < 7000", "x < 7001"));
        Assert.Contains(Fill(expected), Texts(result.Patch!));

        string Fill(string text) => text.Replace("{tree}", _project.Tree, StringComparison.Ordinal).Replace("{above}", Path.GetDirectoryName(_project.Tree), StringComparison.Ordinal)
            .Replace("{name}", Path.GetFileName(_project.Tree), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_includes_by_an_absolute_path_is_refused_by_name()
    {
        _project.Write("lib/shape.cc", SampleProject.Shape + "\n");
        _project.Write("lib/all.c", $"#include \"{_project.Tree}/lib/answer.c\"\n");
        Write(extra: ["lib/all.c"]);
        var refusal = Assert.Single((await RunAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"))).Refusals);
        Assert.Equal((BuildRefusals.OriginalRead, "lib/all.c"), (refusal.Kind, refusal.Subject));
    }

    [Fact]
    public async Task Failures_are_told_with_the_compiler_s_words()
    {
        Write();
        var failed = Assert.Single((await RunAsync(_project.Patch("lib/answer.c", "+ 41", "+ forty_one"))).Refusals);
        Assert.Equal(BuildRefusals.BuildFailed, failed.Kind);
        Assert.Contains("forty_one", failed.Sentence, StringComparison.Ordinal);
        _project.Write("notes.txt", "one\n");
        Assert.Equal([BuildRefusals.NotCompiled], (await RunAsync(_project.Patch("notes.txt", "one", "two"))).Refusals.Select(r => r.Kind));
        foreach (string text in BadDatabases)
        {
            _project.Write("compile_commands.json", text);
            Assert.Equal([BuildRefusals.BadCompileCommands], (await RunAsync(_project.Patch("notes.txt", "one", "two"))).Refusals.Select(r => r.Kind));
        }
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("server", "server-answer.o")]
    [InlineData("tool", "tool.p/answer.o")]
    [InlineData("libshop.so.1", "shop.dir/answer.o")]
    [InlineData("other", null)]
    public void A_source_of_several_programs_needs_a_name(string program, string? output)
    {
        string[] outputs = ["server-answer.o", "tool.p/answer.o", "shop.dir/answer.o"];
        var (units, refusal) = UnitChoice.For([.. outputs.Select(o => new CompileRecord("/w", "gcc", ["-c", "answer.c", "-o", o]))], program);
        Assert.Equal(output is null ? [] : [$"/w/{output}"], units.Select(u => u.Output));
        Assert.Equal(output is null ? BuildRefusals.AmbiguousObject : null, refusal?.Kind);
    }

    [Theory]
    [InlineData("gcc  -DX='a b' \"c\\\"d\" e\\ f ''", new[] { "gcc", "-DX=a b", "c\"d", "e f", "" })]
    [InlineData("", new string[0])]
    public void Commands_are_split_as_a_shell_does(string command, string[] words) => Assert.Equal(words, ShellWords.Split(command));

    private static IEnumerable<string> Texts(Patch patch) => patch.Objects[0].Sections
        .Where(s => s.Kind == PatchSectionKind.ReadOnlyData).SelectMany(s => System.Text.Encoding.UTF8.GetString(s.Bytes.Span).Split('\0'));

    private async Task<BuildResult> RunAsync(string patch, EventList? events = null, params string[] allowed) => await CompileCommandsBuild.RunAsync(
        new CompileCommandsOptions(Path.Combine(_project.Tree, "compile_commands.json"), [patch])
        {
            CacheFolder = _project.Cache,
            Common = new BuildOptions { Name = "fix", Progress = events, AllowedData = [.. allowed] },
        },
        TestContext.Current.CancellationToken);

    private void Write(bool isAbsolute = false, string map = "", params string[] extra)
    {
        string prefix = isAbsolute ? _project.Tree + "/" : "";
        string[] files = ["server.c", "lib/answer.c", "lib/shape.cc", .. extra];
        var entries = files.Select(file => new Dictionary<string, string>
        {
            ["directory"] = _project.Tree,
            ["file"] = file,
            ["command"] = $"{(file.EndsWith("cc", StringComparison.Ordinal) ? "g++" : "ccache gcc")} -O2 {map} -I{prefix}lib -MD -MF x.d -o {file}.o -c {prefix}{file}",
        });
        _project.Write("compile_commands.json", JsonSerializer.Serialize(entries));
    }
}
