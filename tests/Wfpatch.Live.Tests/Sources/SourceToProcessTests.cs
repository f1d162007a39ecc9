// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Sources;

/// <summary>
/// From a source tree and a unified diff to another answer of a running program, by the command line. The program was built and
/// stripped by its own makefile, with flags of its own; the fix is in a header that C and C++ include, and moves lines.
/// </summary>
public sealed class SourceToProcessTests
{
    private const string Server = """
        #include "price.h"
        #include <stdio.h>
        int in_c(int x);
        int in_cxx(int x);
        int main(void)
        {
            char line[64];
            setvbuf(stdin, NULL, _IONBF, 0);
            while (fgets(line, sizeof line, stdin))
            {
                printf("%d %d\n", in_c(line[0] - '0'), in_cxx(line[0] - '0'));
                fflush(stdout);
            }
            return 0;
        }

        """;

    private const string Header = "static inline int price(int x)\n{\n    return 10 * x;\n}\n";
    private const string InC = "#include \"price.h\"\n#include <assert.h>\n__attribute__((noipa)) int in_c(int x)\n{\n    return price(x) + 1;\n}\n__attribute__((noipa)) int other(int x)\n{\n    assert(x);\n    return x;\n}\n";
    private const string InCxx = "#include \"price.h\"\nnamespace shop { struct Item { int x; __attribute__((noipa)) int cost() const { return price(x) + 2; } }; }\nextern \"C\" __attribute__((noipa)) int in_cxx(int x)\n{\n    return shop::Item{x}.cost();\n}\n";
    private const string Makefile = "CFLAGS = -O2 -fstack-protector-strong\nCXXFLAGS = $(CFLAGS)\nserver: server.o c.o cxx.o\n\t$(CXX) -pie -o $@ $^\n";
    private const string Fix = "--- a/price.h\n+++ b/price.h\n@@ -1,4 +1,6 @@\n static inline int price(int x)\n {\n-    return 10 * x;\n+    if (x > 8)\n+        return 80;\n+    return 11 * x;\n }\n";

    [Fact]
    public async Task A_tree_and_a_diff_change_what_a_running_program_answers()
    {
        string tree = Tree();
        await ChangesAnswersAsync(tree, ["--source", tree]);
        Assert.Equal(["Makefile", "c.c", "cxx.cc", "price.h", "server.c"], Directory.GetFileSystemEntries(tree).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_compilation_database_and_a_diff_do_as_well()
    {
        string tree = Tree();
        var units = new[] { ("gcc", "server.c"), ("gcc", "c.c"), ("g++", "cxx.cc") }.Select(u => new Dictionary<string, object>
        {
            ["directory"] = tree,
            ["file"] = u.Item2,
            ["arguments"] = new[] { u.Item1, "-O2", "-fstack-protector-strong", "-c", "-o", Path.ChangeExtension(u.Item2, ".o"), u.Item2 },
        });
        string database = Path.Combine(tree, "compile_commands.json");
        await File.WriteAllTextAsync(database, JsonSerializer.Serialize(units), TestContext.Current.CancellationToken);
        await ChangesAnswersAsync(tree, ["--compile-commands", database]);
    }

    [Fact]
    public async Task Nothing_to_patch_has_an_exit_code_of_its_own_and_bad_patches_are_shown()
    {
        string tree = Tree();
        string cache = ScratchFolder.NewFile("cache");
        string patch = ScratchFolder.NewFile("x.patch");
        string output = ScratchFolder.NewFile("x.wfp");
        await File.WriteAllTextAsync(patch, "--- a/c.c\n+++ b/c.c\n@@ -1 +1 @@\n-#include \"price.h\"\n+#include \"price.h\" // the price\n", TestContext.Current.CancellationToken);
        var same = await WfpatchCommand.RunAsync("build", "--source", tree, "--patch", patch, "-o", output, "--cache", cache);
        Assert.Equal(("unchanged", 7), (same.Result, same.Command.Status.Code));
        Assert.False(File.Exists(output));
        await File.WriteAllTextAsync(patch, Fix.Replace("10 *", "9 *", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var strange = await WfpatchCommand.RunAsync("build", "--source", tree, "--patch", patch, "-o", output, "--cache", cache);
        Assert.Equal(["WF245"], strange.Codes);
        Assert.Contains("hunk 1 of price.h fails", strange.Command.Errors, StringComparison.Ordinal);
        Assert.Contains("-    return 9 * x;", strange.Command.Errors, StringComparison.Ordinal);
    }

    private static async Task ChangesAnswersAsync(string tree, string[] input)
    {
        string installed = Install(tree);
        string fix = ScratchFolder.NewFile("fix.patch");
        await File.WriteAllTextAsync(fix, Fix, TestContext.Current.CancellationToken);
        string patch = ScratchFolder.NewFile("fix.wfp");
        var built = await WfpatchCommand.RunAsync(["build", .. input, "--patch", fix, "-o", patch, "--binary", installed, "--cache", ScratchFolder.NewFile("cache")]);
        Assert.True(built.Result == "done", built.Command.Errors);
        Assert.Equal(["_ZNK4shop4Item4costEv", "in_c"], built.Document.GetProperty("functions").EnumerateArray().Select(f => f.GetString()).Order(StringComparer.Ordinal));

        for (int start = 1; ; start++)
        {
            await using var server = ChildProcess.Start(new(installed, []));
            Assert.Equal("31 32", await AskAsync(server, "3"));
            var applied = await WfpatchCommand.RunAsync("apply", patch, "--pid", $"{server.Id}");
            if (await PatchableTarget.LacksRoomAsync(start, [.. applied.Codes.Where(c => c == "WF404").Take(1).Select(_ => "fix")]))
            {
                continue;
            }
            Assert.True(applied.Result == "done", applied.Command.Errors);
            Assert.Equal("34 35", await AskAsync(server, "3"));
            Assert.Equal("81 82", await AskAsync(server, "9"));
            Assert.Equal("done", (await WfpatchCommand.RunAsync("revert", "--pid", $"{server.Id}")).Result);
            Assert.Equal("31 32", await AskAsync(server, "3"));
            return;
        }
    }

    private static async Task<string> AskAsync(ChildProcess server, string question)
    {
        server.WriteLine(question);
        using var limit = new CancellationTokenSource(InProcess.Ample);
        return await server.ReadLineAsync(limit.Token) ?? "ended";
    }

    private static string Tree()
    {
        string tree = Path.GetDirectoryName(ScratchFolder.NewFile("Makefile"))!;
        foreach (var (name, text) in new[] { ("Makefile", Makefile), ("server.c", Server), ("price.h", Header), ("c.c", InC), ("cxx.cc", InCxx) })
        {
            File.WriteAllText(Path.Combine(tree, name), text);
        }
        return tree;
    }

    /// <summary>The program as its owner builds it, elsewhere, and without symbols.</summary>
    private static string Install(string tree)
    {
        string folder = Path.GetDirectoryName(ScratchFolder.NewFile("server"))!;
        using var make = Process.Start("sh", ["-c", $"cp '{tree}'/* '{folder}' && make -s -C '{folder}' && strip '{folder}/server'"]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
        return Path.Combine(folder, "server");
    }
}
