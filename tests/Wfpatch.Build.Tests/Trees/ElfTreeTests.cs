// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Trees;
using Wfpatch.Core.Elf;
using Xunit;

namespace Wfpatch.Build.Tests.Trees;

/// <summary>Of what did not change, which is nearly all of a tree, no debug information is held.</summary>
public sealed class ElfTreeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_the_same_is_one_file_without_debug_information_and_what_is_not_is_whole()
    {
        foreach (string side in new[] { "old", "new" })
        {
            Compile(side, "same", "int limit = 4;\nint same(int x) { return x * limit; }\n");
            Compile(side, "other", $"int other(int x) {{ return x + {side.Length + (side == "new" ? 1 : 0)}; }}\n");
            SourceTree.Run(_folder.At(side), "gcc", ["-shared", "-Wl,--build-id=0x11", "other.o", "same.o", "-o", "library.so"]);
        }
        var (old, @new, refusal) = ElfTree.ReadBoth(_folder.At("old"), _folder.At("new"));
        Assert.Null(refusal);
        Assert.Equal(["library.so", "other.o", "same.o"], old!.Keys.Order(StringComparer.Ordinal));
        Assert.Same(old["same.o"], @new!["same.o"]);
        Assert.NotSame(old["other.o"], @new["other.o"]);
        Assert.Equal([true, true, false, false], new[] { old["same.o"], old["library.so"], old["other.o"], @new["other.o"] }.Select(f => f.IsLoadedAlone));

        var whole = old["same.o"].DebugFiles!.Reopen()!;
        Assert.NotEqual(0, DebugBytes(whole));
        Assert.Equal(0, DebugBytes(old["same.o"]));
        Assert.Equal(0, DebugBytes(old["library.so"]));
        Assert.NotEqual(0, DebugBytes(old["other.o"]));
        Assert.Equal(whole.Symbols, old["same.o"].Symbols);
        Assert.Equal(Linked(whole), Linked(old["same.o"]));
        Assert.NotEmpty(whole.RelocationsOf(whole.FindSection(".text")!.Index));
    }

    [Fact]
    public void A_file_that_one_tree_alone_has_is_whole()
    {
        Compile("old", "gone", "int gone(int x) { return x; }\n");
        Compile("new", "come", "int come(int x) { return x; }\n");
        var (old, @new, _) = ElfTree.ReadBoth(_folder.At("old"), _folder.At("new"));
        Assert.NotEqual(0, DebugBytes(Assert.Single(old!).Value));
        Assert.NotEqual(0, DebugBytes(Assert.Single(@new!).Value));
    }

    private static long DebugBytes(ElfFile file) => file.Sections.Where(s => s.Name.Contains("debug", StringComparison.Ordinal)).Sum(s => (long)s.Bytes.Length);

    private static IEnumerable<string> Linked(ElfFile file) => file.Sections.Where(s => (s.Flags & SectionFlags.Allocate) != 0)
        .Select(s => $"{s.Name} {Convert.ToHexString(s.Bytes.Span)} {string.Join(',', file.RelocationsOf(s.Index))}");

    private void Compile(string side, string name, string source)
    {
        string folder = Directory.CreateDirectory(_folder.At(side)).FullName;
        string file = Path.Combine(folder, name + ".c");
        File.WriteAllText(file, source);
        SourceTree.Run(folder, "gcc", ["-g", $"-fdebug-prefix-map={folder}=.", "-O2", "-fPIC", "-c", name + ".c", "-o", name + ".o"]);
    }
}
