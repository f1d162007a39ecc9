// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Trees;

/// <summary>Two trees with two programs that share a source file: the linked programs tell which objects are whose.</summary>
public sealed class TreeBuildTests : IDisposable
{
    private const string Server = "extern int answer(int);\n__attribute__((noipa)) int serve(int x) { return answer(x) * 2; }\nint main(int c, char **v) { return serve(c); }\n";
    private const string Tool = "extern int answer(int);\nint main(int c, char **v) { return answer(c) + 100; }\n";
    private const string Answer = "static int asked;\n__attribute__((noipa)) int answer(int x) { asked++; return x + 41 + asked; }\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_change_in_one_program_gives_its_patch()
    {
        var result = Build(Server.Replace("* 2", "* 3", StringComparison.Ordinal), Tool, Answer);
        Assert.Empty(result.Refusals);
        var patch = Assert.Single(result.Patch!.Objects);
        Assert.Equal(("server", null), (patch.ObjectName, patch.BuildId));
        Assert.Equal(["serve"], patch.OldFunctions.Where(f => f.Role == OldFunctionRole.Replaced).Select(f => f.Name));
        Assert.Equal(result.Patch.Id, PatchReader.Decode(result.Bytes, "x").Patch!.Id);
        Assert.Equal("change", result.Patch.Name);
    }

    [Fact]
    public void Local_symbols_carry_the_path_of_their_object()
    {
        var patch = Build(Server, Tool, Answer.Replace("+ 41", "+ 42", StringComparison.Ordinal), "server").Patch!.Objects[0];
        Assert.Contains(patch.Symbols, s => s is { Name: "asked", Unit: "lib/answer.o", IsDefinedByPatch: false });
    }

    [Fact]
    public void A_change_that_reaches_two_programs_is_refused_until_one_is_named()
    {
        string answer = Answer.Replace("+ 41", "+ 42", StringComparison.Ordinal);
        var refusal = Assert.Single(Build(Server, Tool, answer).Refusals);
        Assert.Equal(BuildRefusals.SeveralTargets, refusal.Kind);
        Assert.Contains("server", refusal.Sentence, StringComparison.Ordinal);
        Assert.Contains("tool", refusal.Sentence, StringComparison.Ordinal);
        Assert.Equal("tool", Build(Server, Tool, answer, "tool").Patch!.Objects[0].ObjectName);
    }

    [Fact]
    public void Those_that_are_named_go_into_one_patch_file()
    {
        Compile("old", Server, Tool, Answer);
        Compile("new", Server, Tool, Answer.Replace("+ 41", "+ 42", StringComparison.Ordinal));
        var result = TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "change", ObjectNames = ["server", "tool"] });
        Assert.Empty(result.Refusals);
        Assert.Equal(["server", "tool"], PatchReader.Decode(result.Bytes, "x").Patch!.Objects.Select(o => o.ObjectName));
        var libraries = TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "change", LibrariesOnly = true });
        Assert.Equal([BuildRefusals.NoTarget], libraries.Refusals.Select(r => r.Kind));
        foreach (string side in new[] { "old", "new" })
        {
            SourceTree.Run(_folder.At(side), "gcc", "-shared", "lib/answer.o", "-o", "libanswer.so.1");
        }
        libraries = TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "change", LibrariesOnly = true });
        Assert.Equal("libanswer.so.1", Assert.Single(libraries.Patch!.Objects).ObjectName);
    }

    [Fact]
    public void Equal_trees_have_no_difference()
    {
        Assert.Equal([DiffRefusals.NoDifference], Build(Server, Tool, Answer).Refusals.Select(r => r.Kind));
        Assert.Equal([DiffRefusals.NoDifference], Build(Server, Tool, Answer + "\n#line 77\n", defines: "-g").Refusals.Select(r => r.Kind));
    }

    [Fact]
    public void Every_refusal_of_the_differ_comes_through()
    {
        var result = Build(Server, Tool, Answer.Replace("int asked;", "int asked = 7;", StringComparison.Ordinal), "server");
        Assert.Equal([DiffRefusals.DataChanged], result.Refusals.Select(r => r.Kind));
        Assert.Contains("asked of lib/answer.o", result.Refusals[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Trees_without_programs_are_taken_whole()
    {
        Compile("old", Server, Tool, Answer);
        Compile("new", Server.Replace("* 2", "* 5", StringComparison.Ordinal), Tool, Answer);
        foreach (string file in new[] { "old/server", "old/tool", "old/tool.o", "new/tool.o" })
        {
            File.Delete(_folder.At(file));
        }
        var patch = Run(null).Patch!.Objects[0];
        Assert.Equal("", patch.ObjectName);
        Assert.Equal(["serve"], patch.OldFunctions.Select(f => f.Name));
    }

    [Fact]
    public void The_installed_file_gives_the_build_id_and_is_asked()
    {
        Compile("old", Server, Tool, Answer);
        Compile("new", Server.Replace("* 2", "* 3", StringComparison.Ordinal), Tool, Answer);
        string installed = _folder.At("server");
        File.Copy(_folder.At("old/server"), installed);
        SourceTree.Run(_folder.Path, "strip", installed);
        var asked = new Asked([]);
        var result = TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "change", InstalledFile = installed, InstalledMatch = asked });
        Assert.Matches("^[0-9a-f]{40}$", result.Patch!.Objects[0].BuildId);
        Assert.Equal(installed, asked.FileName);
        var no = new Asked([BuildRefusals.NoTarget.About("x", "No.")]);
        var refused = TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "change", InstalledFile = installed, InstalledMatch = no });
        Assert.Null(refused.Patch);
        Assert.Equal("No.", Assert.Single(refused.Refusals).Sentence);
    }

    [Fact]
    public void Bad_paths_are_refused()
    {
        Directory.CreateDirectory(_folder.At("empty"));
        Assert.Equal([BuildRefusals.CannotRead], TreeBuild.Run(_folder.At("none"), _folder.At("empty"), Options(null)).Refusals.Select(r => r.Kind));
        Assert.Equal([BuildRefusals.NoObjects], TreeBuild.Run(_folder.At("empty"), _folder.At("empty"), Options(null)).Refusals.Select(r => r.Kind));
        Assert.Equal([BuildRefusals.CannotRead, BuildRefusals.CannotRead], ObjectBuild.Run(_folder.At("a.o"), _folder.At("b.o"), Options(null)).Refusals.Select(r => r.Kind));
        string text = _folder.Write("text.o", "no object");
        Assert.Equal([FileRefusals.NotElf, FileRefusals.NotElf], ObjectBuild.Run(text, text, Options(null)).Refusals.Select(r => r.Kind));
    }

    [Fact]
    public void Two_objects_give_a_patch()
    {
        Compile("old", Server, Tool, Answer);
        Compile("new", Server.Replace("* 2", "* 3", StringComparison.Ordinal), Tool, Answer);
        var events = new List<BuildEvent>();
        var result = ObjectBuild.Run(_folder.At("old/server.o"), _folder.At("new/server.o"), Options("server") with { Progress = new Collector(events) });
        Assert.Equal("server", result.Patch!.Objects[0].ObjectName);
        Assert.Equal([BuildStage.Comparing], events.Select(e => e.Stage));
    }

    private BuildResult Build(string server, string tool, string answer, string? name = null, string defines = "-DX")
    {
        Compile("old", Server, Tool, Answer);
        Compile("new", server, tool, answer, defines);
        return Run(name);
    }

    private BuildResult Run(string? name) => TreeBuild.Run(_folder.At("old"), _folder.At("new"), Options(name));

    private static BuildOptions Options(string? name) => new() { Name = "change", ObjectNames = name is null ? [] : [name] };

    private void Compile(string side, string server, string tool, string answer, string defines = "-DX")
    {
        string folder = _folder.At(side);
        _folder.Write($"{side}/server.c", server);
        _folder.Write($"{side}/tool.c", tool);
        _folder.Write($"{side}/lib/answer.c", answer);
        foreach (string unit in new[] { "server", "tool", "lib/answer" })
        {
            SourceTree.Run(folder, "gcc", "-O2", "-fPIC", "-ffunction-sections", "-fdata-sections", "-w", defines, "-c", unit + ".c", "-o", unit + ".o");
        }
        SourceTree.Run(folder, "gcc", "-Wl,--build-id=sha1", "server.o", "lib/answer.o", "-o", "server");
        SourceTree.Run(folder, "gcc", "tool.o", "lib/answer.o", "-o", "tool");
    }

    private sealed class Collector(List<BuildEvent> events) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value) => events.Add(value);
    }

    private sealed class Asked(System.Collections.Immutable.ImmutableArray<Refusal> answer) : IInstalledMatch
    {
        public string? FileName { get; private set; }

        public System.Collections.Immutable.ImmutableArray<Refusal> Check(ObjectPatch patch, ReadOnlyMemory<byte> installedFile, string fileName)
        {
            FileName = fileName;
            return answer;
        }
    }
}
