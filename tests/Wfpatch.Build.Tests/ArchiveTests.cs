// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Build.Tests.Sources;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Build.Tests;

/// <summary>Two static archives: members by name, with a long name and one name twice.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_change_in_one_member_is_found()
    {
        var result = ObjectBuild.Run(Archive("old", "1", "2"), Archive("new", "1", "3"), new BuildOptions { Name = "fix", ObjectNames = ["libx.so"] });
        Assert.Equal(["second"], SampleProject.Replaced(result));
        Assert.Equal("libx.so", result.Patch!.Objects[0].ObjectName);
    }

    [Fact]
    public void Equal_archives_have_no_difference() =>
        Assert.Equal([DiffRefusals.NoDifference], Run(Archive("old", "1", "2"), Archive("new", "1", "2")));

    [Fact]
    public void Thin_damaged_and_empty_archives_are_refused()
    {
        string good = Archive("old", "1", "2");
        string thin = Archive("thin", "1", "2", "T");
        Assert.Equal([FileRefusals.ThinArchive], Run(good, thin));
        byte[] bytes = File.ReadAllBytes(good);
        string cut = _folder.At("cut.a");
        File.WriteAllBytes(cut, bytes[..^100]);
        Assert.Equal([FileRefusals.MalformedArchive], Run(good, cut));
        File.WriteAllText(cut, "!<arch>\n");
        Assert.Equal([BuildRefusals.NoObjects], Run(good, cut));
        Assert.Equal([FileRefusals.NotElf], Run(good, Path.Combine(_folder.Path, "old", "first.o")));
        File.WriteAllText(Path.Combine(_folder.Path, "old", "text"), "no object");
        SourceTree.Run(_folder.At("old"), "ar", "rc", "x.a", "text");
        Assert.Equal([FileRefusals.NotElf], Run(good, good));
    }

    [Fact]
    public void Bytes_that_are_cut_or_changed_give_a_refusal_or_an_archive()
    {
        byte[] good = File.ReadAllBytes(Archive("old", "1", "2"));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, 200], Gen.Byte).Check((length, at, value) =>
        {
            byte[] bytes = good[..length];
            bytes.AsSpan(Math.Min(at, length))[..Math.Min(1, length - Math.Min(at, length))].Fill(value);
            var (archive, refusal) = ArchiveFile.Parse(bytes, "x.a");
            Assert.True(archive is null != refusal is null);
        });
    }

    private static RefusalKind[] Run(string old, string @new) => [.. ObjectBuild.Run(old, @new, new BuildOptions { Name = "fix" }).Refusals.Select(r => r.Kind)];

    private string Archive(string side, string first, string second, string mode = "")
    {
        string folder = _folder.At(side);
        _folder.Write($"{side}/first.c", $"int first(int x) {{ return x * 3 + {first}; }}\n");
        _folder.Write($"{side}/a-file-with-a-long-name.c", $"int second(int x) {{ return x * 5 + {second}; }}\n");
        _folder.Write($"{side}/twin/first.c", "int third(int x) { return x * 7 + 3; }\n");
        foreach (string unit in new[] { "first", "a-file-with-a-long-name", "twin/first" })
        {
            SourceTree.Run(folder, "gcc", "-O2", "-ffunction-sections", "-fdata-sections", "-c", unit + ".c", "-o", unit + ".o");
        }
        SourceTree.Run(folder, "ar", "rcs" + mode, "x.a", "first.o", "a-file-with-a-long-name.o");
        SourceTree.Run(folder, "ar", "qs" + mode, "x.a", "twin/first.o");
        return Path.Combine(folder, "x.a");
    }
}
