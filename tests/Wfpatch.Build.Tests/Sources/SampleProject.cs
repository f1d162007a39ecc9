// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Build.Tests.Sources;

/// <summary>A small program of C and C++ in a folder of its own, its build files for one build system, and patches of it.</summary>
public sealed class SampleProject : IDisposable
{
    public const string Server = """
        #include "answer.h"
        #include <stdio.h>
        int area(int side);
        int main(int c, char **v)
        {
            printf("%d %d\n", answer(c), area(c));
            return 0;
        }
        """;

    public const string Answer = """
        #include "answer.h"
        #include <assert.h>

        __attribute__((noipa)) int answer(int x)
        {
            return twice(x) + 41;
        }

        __attribute__((noipa)) int later(int x)
        {
            assert(x < 7000);
            return x + 1;
        }
        """;

    public const string Header = "#ifndef ANSWER\n#define ANSWER\nstatic inline int twice(int x)\n{\n    return 2 * x;\n}\n#ifdef __cplusplus\nextern \"C\"\n#endif\nint answer(int x);\n#endif\n";

    public const string Shape = """
        #include "answer.h"

        namespace shapes
        {
            struct Square { int side; int area() const; };
            __attribute__((noipa)) int Square::area() const { return side * twice(side) + 3; }
        }

        extern "C" __attribute__((noipa)) int area(int side)
        {
            return shapes::Square{side}.area();
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public SampleProject()
    {
        Write("server.c", Server + "\n");
        Write("lib/answer.c", Answer + "\n");
        Write("lib/answer.h", Header);
        Write("lib/shape.cc", Shape + "\n");
    }

    public string Tree => _folder.At("tree");

    public string Cache => _folder.At("cache");

    public string At(string name) => _folder.At(name);

    public void Dispose() => _folder.Dispose();

    public void Write(string name, string text) => _folder.Write("tree/" + name, text);

    public SampleProject WithMakefile(string flags = "-O2", string extra = "")
    {
        Write("Makefile", $"""
            CFLAGS = {flags} -Ilib
            CXXFLAGS = {flags} -Ilib
            server: server.o lib/answer.o lib/shape.o
            	$(CXX) -o $@ $^
            {extra}
            """ + "\n");
        return this;
    }

    /// <summary>A unified diff of one replacement, as diff -u writes it.</summary>
    public string Patch(string file, string old, string @new, string name = "fix.patch")
    {
        string before = File.ReadAllText(Path.Combine(Tree, file));
        Assert.Contains(old, before, StringComparison.Ordinal);
        string a = _folder.Write("a/" + file, before);
        string b = _folder.Write("b/" + file, before.Replace(old, @new, StringComparison.Ordinal));
        SourceTree.Run(_folder.Path, "sh", "-c", $"diff -u a/{file} b/{file} > {name}; test $? = 1");
        return _folder.At(name);
    }

    public SourceBuildOptions Options(params string[] patches) => new(Tree, [.. patches]) { CacheFolder = Cache, Common = new BuildOptions { Name = "fix" } };

    public async Task<BuildResult> BuildAsync(params string[] patches) => await SourceTreeBuild.RunAsync(Options(patches), TestContext.Current.CancellationToken);

    public static ImmutableSortedSet<string> Replaced(BuildResult result)
    {
        Assert.True(result.Refusals.IsEmpty, string.Join('\n', result.Refusals));
        return [.. result.Patch!.Objects.SelectMany(o => o.OldFunctions).Where(f => f.Role == OldFunctionRole.Replaced).Select(f => f.Name)];
    }

    public static void Require(params string[] tools)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (tools.FirstOrDefault(t => !folders.Any(f => File.Exists(Path.Combine(f, t)))) is { } missing)
        {
            Assert.Skip($"{missing} is not installed");
        }
    }
}
