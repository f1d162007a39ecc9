// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Xunit;

namespace Wfpatch.Build.Tests.Objects;

/// <summary>Who looks a second time must see what differs, and nothing that only has another number.</summary>
public sealed class SecondLookTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-O2")]
    [InlineData("-O2", "-fPIC")]
    public void A_string_is_its_text_and_not_its_label(params string[] flags)
    {
        string old = "const char *first(int n) { return n ? \"one\" : \"two\"; }" + Unchanged("three");
        string @new = "const char *first(int n) { return n > 5 ? \"more\" : n ? \"one\" : \"two\"; }" + Unchanged("three");
        Assert.Equal(["first"], Differing(old, @new, flags));
    }

    [Fact]
    public void Another_text_is_seen() =>
        Assert.Equal(["second"], Differing(Unchanged("three"), Unchanged("four!"), "-O2"));

    private static string Unchanged(string text) => $"\nconst char *second(int n) {{ return n ? \"{text}\" : \"other\"; }}\n";

    private ImmutableArray<string> Differing(string old, string @new, params string[] flags) =>
        [.. SecondLook.Differing(new UnitPair("unit", Compile("old", old, flags), Compile("new", @new, flags)))];

    private ElfFile Compile(string name, string source, string[] flags)
    {
        string target = _folder.At(name + ".o");
        SourceTree.Run(_folder.Path, "gcc", [.. flags, "-ffunction-sections", "-fdata-sections", "-c", _folder.Write(name + ".c", source), "-o", target]);
        return ElfFile.Parse(File.ReadAllBytes(target), name).File!;
    }
}
