// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Build.Tests.Sources;
using Wfpatch.Build.Units;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Units;

/// <summary>Damaged and hostile unified diffs and compilation databases: a result or a refusal, and nothing outside of the tree is touched.</summary>
public sealed class HostileTextTests : IDisposable
{
    private const int Rounds = 4_000;

    private const string Diff = "--- a/lib/answer.c\t2024-01-01\n+++ b/lib/answer.c\t2024-01-02\n@@ -3,4 +3,4 @@ int answer\n \n int answer(int x)\n {\n-    return 1;\n+    return 2;\n@@ -20 +20,2 @@\n-x\n+y\n+z\n\\ No newline at end of file\n--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+int n;\n";

    private const string Database = """
        [{"directory": "/tmp/x", "command": "ccache gcc -c 'a b.c' -o \"a.o\" -DX=\\\"y\\\"", "file": "a b.c"},
         {"directory": ".", "arguments": ["g++", "-O2", "-c", "b.cc", "-o", "b.o"], "file": "b.cc"}]
        """;

    private readonly SampleProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void Damaged_diffs_are_read_or_refused()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            string[] lines = Damaged(Diff, seed).Split('\n');
            var files = UnifiedDiff.Read(lines);
            Assert.True(files.Sum(f => f.Hunks.Sum(h => h.Length)) <= lines.Length);
            _ = SourcePatch.RefuseContent("fix.patch", files);
            _ = SourcePatch.StripOf([.. files.Where(f => !f.IsElsewhere)], _project.Tree);
            _ = ReversedDiff.Of(files);
        }
    }

    [Fact]
    public void Damaged_databases_are_read_or_refused()
    {
        string file = _project.At("compile_commands.json");
        for (int seed = 0; seed < Rounds / 4; seed++)
        {
            File.WriteAllText(file, Damaged(Database, seed), Encoding.Latin1);
            var (units, refusal) = CompileDatabase.Read(file);
            Assert.True(units.IsEmpty == refusal is not null);
            Assert.All(units, u => Assert.NotNull(u.Output));
        }
    }

    [Theory]
    [InlineData("[{\"directory\": \"a\\u0000b\", \"command\": \"gcc -c a.c\"}]")]
    [InlineData("[{\"directory\": \"a\", \"command\": \"gcc -c a.c -o x\\u0000y\"}]")]
    [InlineData("[{\"directory\": \"a\", \"arguments\": [1, 2]}]")]
    [InlineData("[[[[]]]]")]
    [InlineData("7")]
    [InlineData("")]
    public void Bad_databases_are_refused(string text)
    {
        string file = _project.At("compile_commands.json");
        File.WriteAllText(file, text);
        Assert.Equal(BuildRefusals.BadCompileCommands, CompileDatabase.Read(file).Refusal?.Kind);
    }

    [Fact]
    public void A_database_that_is_nested_deeply_is_refused()
    {
        string file = _project.At("compile_commands.json");
        File.WriteAllText(file, new string('[', 1_000_000));
        Assert.Equal(BuildRefusals.BadCompileCommands, CompileDatabase.Read(file).Refusal?.Kind);
    }

    [Theory]
    [InlineData("a/../../victim.c")]
    [InlineData("/victim.c")]
    [InlineData("a/vic\0tim.c")]
    public async Task A_diff_that_leads_out_of_the_tree_is_refused_and_changes_nothing(string name)
    {
        string victim = _project.At("victim.c");
        File.WriteAllText(victim, "int victim;\n");
        string patch = _project.At("fix.patch");
        File.WriteAllText(patch, $"--- {name}\n+++ {name}\n@@ -1 +1 @@\n-int victim;\n+int other;\n");
        string database = _project.At("compile_commands.json");
        File.WriteAllText(database, $"[{{\"directory\": \"{_project.Tree}\", \"command\": \"gcc -Ilib -c lib/answer.c\", \"file\": \"lib/answer.c\"}}]");
        var cancel = TestContext.Current.CancellationToken;
        var common = new BuildOptions { Name = "fix" };
        BuildResult[] results =
        [
            await _project.WithMakefile().BuildAsync(patch),
            await CompileCommandsBuild.RunAsync(new CompileCommandsOptions(database, [patch]) { SourceFolder = _project.Tree, CacheFolder = _project.Cache, Common = common }, cancel),
        ];
        Assert.All(results, r => Assert.Equal([BuildRefusals.PatchDoesNotApply], r.Refusals.Select(x => x.Kind)));
        Assert.Equal("int victim;\n", File.ReadAllText(victim));
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_named()
    {
        string patch = _project.Patch("lib/answer.c", "+ 41", "+ 42");
        string database = _project.At("compile_commands.json");
        File.WriteAllText(database, $"[{{\"directory\": \"{_project.Tree}/gone\", \"command\": \"gcc -I../lib -c ../lib/answer.c\", \"file\": \"answer.c\"}}]");
        var options = new CompileCommandsOptions(database, [patch]) { SourceFolder = _project.Tree, CacheFolder = _project.Cache, Common = new BuildOptions { Name = "fix" } };
        var refusal = Assert.Single((await CompileCommandsBuild.RunAsync(options, TestContext.Current.CancellationToken)).Refusals);
        Assert.Equal(BuildRefusals.BadCompileCommands, refusal.Kind);
        Assert.Contains("gone", refusal.Sentence, StringComparison.Ordinal);
    }

    /// <summary>The same for the same seed: bytes changed, lines taken out, doubled and moved, numbers made huge.</summary>
    private static string Damaged(string text, int seed)
    {
        var random = new Random(seed);
        var lines = text.Split('\n').ToList();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int line = random.Next(lines.Count);
            switch (random.Next(6))
            {
                case 0:
                    lines.RemoveAt(line);
                    lines.Add("");
                    break;
                case 1:
                    lines.Insert(random.Next(lines.Count), lines[line]);
                    break;
                case 2:
                    lines[line] = lines[line].Replace("3", "99999999999", StringComparison.Ordinal).Replace("1", "2147483647", StringComparison.Ordinal);
                    break;
                case 3:
                    lines[line] = lines[line][..random.Next(lines[line].Length + 1)];
                    break;
                default:
                    if (lines[line].Length > 0)
                    {
                        int at = random.Next(lines[line].Length);
                        lines[line] = string.Concat(lines[line].AsSpan(0, at), ((char)random.Next(256)).ToString(), lines[line].AsSpan(at + 1));
                    }
                    break;
            }
        }
        return string.Join('\n', lines);
    }
}
