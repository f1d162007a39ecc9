// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Debian;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Build.Tests.Objects;

/// <summary>Units are found in whatever shipped file they went into, together or one by one, and what is in none is said.</summary>
public sealed class ShippedMatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Both_units_went_into_one_library()
    {
        var (one, two) = (Unit("one", 3), Unit("two", 5));
        ImmutableArray<ShippedFile> shipped = [Library("other.so", "three"), Library("both.so", "one", "two")];
        Assert.Equal("all 2 functions are those of both.so", Find(shipped, one, two).Text);
        Assert.Equal(["both.so"], ObjectsOf(Find(shipped, one, two).Backward));
        // A file has several names: the program's own is taken.
        Assert.Equal("all 2 functions are those of program", Find([shipped[1], shipped[1] with { Name = "program" }], one, two).Text);
    }

    [Fact]
    public void Each_unit_went_into_a_library_of_its_own()
    {
        var (one, two) = (Unit("one", 3), Unit("two", 5));
        ImmutableArray<ShippedFile> shipped = [Library("a.so", "one"), Library("b.so", "two")];
        Assert.Equal("unit by unit: 2 are in a.so, b.so", Find(shipped, one, two).Text);
        Assert.Equal(["a.so", "b.so"], ObjectsOf(Find(shipped, one, two).Backward));
        Assert.True(Find([shipped[0]], one, two).Backward.IsEmpty);
        Assert.Equal("unit by unit: 1 are in a.so; not found: sub/two.o", Find([shipped[0]], one, two).Text);
    }

    /// <summary>One function takes the other's address through a slot that the loader fills, and so does not stand in the file.</summary>
    [Fact]
    public void A_slot_of_the_library_s_own_is_what_the_loader_makes_of_it()
    {
        string Taking(int number) => $"int one(int n) {{ for (int i = 0; i < n; i++) n += n * {number} ^ i; return n; }}\nvoid *taken(int n) {{ return n > {number} ? (void *)one : (void *)0; }}\n";
        var unit = new UnitPair("sub/one.o", Compile("one", Taking(3)), Compile("one-changed", Taking(4)));
        ImmutableArray<ShippedFile> shipped = [Library("it.so", "one")];
        Assert.Equal("all 2 functions are those of it.so", Find(shipped, unit).Text);
    }

    [Fact]
    public void A_unit_is_in_no_file()
    {
        var one = Unit("one", 3);
        ImmutableArray<ShippedFile> shipped = [Library("other.so", "three"), Library("program", "four")];
        Assert.StartsWith("not the shipped ones: WF301, ", Find(shipped, one).Text, StringComparison.Ordinal);
        Assert.Contains("program", Find(shipped, one).Text, StringComparison.Ordinal);
    }

    private static ShippedFinding Find(ImmutableArray<ShippedFile> shipped, params ImmutableArray<UnitPair> units) => ShippedMatch.Find(units, shipped, "program", "fix");

    private static IEnumerable<string> ObjectsOf(ReadOnlyMemory<byte> patch) => PatchReader.Decode(patch, "fix.wfp").Patch!.Objects.Select(o => o.ObjectName);

    /// <summary>A unit as it was shipped, and with another number in its function.</summary>
    private UnitPair Unit(string name, int number) =>
        new("sub/" + name + ".o", Compile(name, Text(name, number)), Compile(name + "-changed", Text(name, number + 1)));

    private static string Text(string name, int number) => $"int {name}(int n) {{ for (int i = 0; i < n; i++) n += n * {number} ^ i; return n; }}\n";

    private ElfFile Compile(string name, string source)
    {
        string target = _folder.At(name + ".o");
        SourceTree.Run(_folder.Path, "gcc", "-O2", "-fPIC", "-ffunction-sections", "-fdata-sections", "-c", _folder.Write(name + ".c", source), "-o", target);
        return ElfFile.Parse(File.ReadAllBytes(target), name).File!;
    }

    private ShippedFile Library(string name, params string[] units)
    {
        string file = _folder.At(name);
        string[] sources = [.. units.Select(u => File.Exists(_folder.At(u + ".c")) ? _folder.At(u + ".c") : _folder.Write(u + ".c", Text(u, 7)))];
        SourceTree.Run(_folder.Path, "gcc", ["-O2", "-fPIC", "-shared", "-s", "-o", file, .. sources]);
        return new ShippedFile(name, File.ReadAllBytes(file));
    }
}
