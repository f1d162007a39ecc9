// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using CsCheck;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Patches;

public sealed class PatchFileTests
{
    private const int HeaderSize = 40;

    [Fact]
    public void What_is_written_is_read()
    {
        var (patch, bytes) = PatchWriter.Encode(SamplePatch.Objects, "sample");
        var (read, refusal) = PatchReader.Decode(bytes, "sample.wfp");
        Assert.Null(refusal);
        Assert.Equal("sample", read!.Name);
        Assert.Equal(patch.Id, read.Id);
        Assert.Matches("^[0-9a-f]{16}$", read.Id);
        var (expected, actual) = (SamplePatch.Object, read.Objects[0]);
        Assert.Equal((expected.ObjectName, expected.BuildId), (actual.ObjectName, actual.BuildId));
        Assert.Equal(expected.Symbols.Select(s => s with { Content = null }), actual.Symbols.Select(s => s with { Content = null }));
        Assert.Equal(expected.Symbols.Select(s => s.Content?.ToArray()), actual.Symbols.Select(s => s.Content?.ToArray()));
        Assert.Equal(expected.OldFunctions.Select(f => (f.Name, f.Unit, f.Role, f.Symbol, f.Of)), actual.OldFunctions.Select(f => (f.Name, f.Unit, f.Role, f.Symbol, f.Of)));
        Assert.Equal(expected.OldFunctions.Select(f => f.Bytes.ToArray()), actual.OldFunctions.Select(f => f.Bytes.ToArray()));
        Assert.Equal(expected.OldFunctions.SelectMany(f => f.Relocations), actual.OldFunctions.SelectMany(f => f.Relocations));
        Assert.Equal(expected.Sections.Select(s => (s.Name, s.Kind, s.Alignment)), actual.Sections.Select(s => (s.Name, s.Kind, s.Alignment)));
        Assert.Equal(expected.Sections.Select(s => s.Bytes.ToArray()), actual.Sections.Select(s => s.Bytes.ToArray()));
        Assert.Equal(expected.Sections.SelectMany(s => s.Relocations), actual.Sections.SelectMany(s => s.Relocations));
        Assert.Equal(expected.Replacements, actual.Replacements);
    }

    [Fact]
    public void Any_sound_content_comes_back_as_the_same_bytes() =>
        Gen.Select(Gen.String, Gen.Byte.Array[1, 60], Gen.String.Array[0, 6], Gen.Int[0, 12]).Check((name, code, symbols, alignment) =>
        {
            var patch = SamplePatch.Object with
            {
                BuildId = null,
                Symbols = [.. SamplePatch.Object.Symbols, .. symbols.Select(s => new PatchSymbol("s" + s, s, PatchSymbolKind.Unknown, -1, 0, 0, null))],
                Sections = [.. SamplePatch.Object.Sections, new PatchSection(name, PatchSectionKind.Code, 1u << alignment, code, [])],
            };
            // Lone surrogates have no UTF-8 form: they are written as replacement characters, and from then on they stay.
            byte[] bytes = PatchWriter.Encode([patch], name).Bytes;
            var (read, refusal) = PatchReader.Decode(bytes, "x");
            return refusal is null && PatchWriter.Encode(read!.Objects, read.Name).Bytes.AsSpan().SequenceEqual(bytes);
        });

    [Fact]
    public void Equal_content_has_an_equal_id_and_other_content_another()
    {
        string id = PatchWriter.Encode(SamplePatch.Objects, "sample").Patch.Id;
        Assert.Equal(id, PatchWriter.Encode([SamplePatch.Object with { }], "sample").Patch.Id);
        Assert.NotEqual(id, PatchWriter.Encode(SamplePatch.Objects, "simple").Patch.Id);
    }

    /// <summary>A program that knows format 1 alone does not read it: it would let threads go over one by one.</summary>
    [Fact]
    public void What_a_patch_declares_is_read()
    {
        var (patch, bytes) = PatchWriter.Encode(SamplePatch.Objects, "sample", Consistency.Global);
        var (read, refusal) = PatchReader.Decode(bytes, "sample.wfp");
        Assert.Null(refusal);
        Assert.Equal((Consistency.Global, patch.Id), (read!.Consistency, read.Id));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
        Assert.NotEqual(PatchWriter.Encode(SamplePatch.Objects, "sample").Patch.Id, patch.Id);
        byte[] unknown = [.. bytes];
        unknown[HeaderSize + 4 + "sample".Length] = 2;
        Assert.Equal("malformed-patch", Refuse(Sealed(unknown)));
    }

    /// <summary>What a program that knows format 2 alone would not do is in a format of its own; all else stays as it was.</summary>
    [Fact]
    public void What_a_patch_says_of_others_is_read()
    {
        RequiredPatch[] needed = [new("0123456789abcdef", "first"), new("fedcba9876543210", "")];
        var (_, plain) = PatchWriter.Encode(SamplePatch.Objects, "sample");
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(plain.AsSpan(8)));
        foreach (bool replaces in new[] { true, false })
        {
            var (patch, bytes) = PatchWriter.Encode(SamplePatch.Objects, "sample", Consistency.Global, replaces, replaces ? [] : [.. needed]);
            Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
            var (read, refusal) = PatchReader.Decode(bytes, "sample.wfp");
            Assert.Null(refusal);
            Assert.Equal((patch.Id, replaces, Consistency.Global), (read!.Id, read.Replaces, read.Consistency));
            Assert.Equal(replaces ? [] : needed, read.Requires);
            byte[] unknown = [.. bytes];
            unknown[HeaderSize + 4 + "sample".Length + 1] = 2;
            Assert.Equal("malformed-patch", Refuse(Sealed(unknown)));
        }
        Assert.Throws<ArgumentException>(() => PatchWriter.Encode(SamplePatch.Objects, "sample", replaces: true, requires: [.. needed]));
        Assert.Throws<ArgumentException>(() => PatchWriter.Encode(SamplePatch.Objects, "sample", requires: [needed[0], needed[0]]));
        Assert.Throws<ArgumentException>(() => PatchWriter.Encode(SamplePatch.Objects, "sample", requires: [new("0123456789ABCDEF", "")]));
    }

    [Fact]
    public void The_format_before_is_read()
    {
        var (patch, bytes) = PatchWriter.Encode(SamplePatch.Objects, "sample");
        int consistencyAt = HeaderSize + 4 + "sample".Length;
        // At the end of its one object, behind what both have: no callbacks, and no symbol of their block.
        byte[] old = [.. bytes[..consistencyAt], .. bytes[(consistencyAt + 1)..^8]];
        BinaryPrimitives.WriteUInt32LittleEndian(old.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(old.AsSpan(16), (ulong)old.Length);
        old = Sealed(old);
        var (read, refusal) = PatchReader.Decode(old, "sample.wfp");
        Assert.Null(refusal);
        Assert.Equal(Consistency.Local, read!.Consistency);
        Assert.Equal(patch.Objects[0].Symbols.Length, read.Objects[0].Symbols.Length);
        // The content of one format under the number of the other.
        Assert.Equal("malformed-patch", Refuse([.. bytes[..8], .. old[8..12], .. bytes[12..]]));
        Assert.Equal("malformed-patch", Refuse([.. old[..8], .. bytes[8..12], .. old[12..]]));
    }

    [Theory]
    [InlineData("", "not-a-patch")]
    [InlineData("7f454c46", "not-a-patch")]
    [InlineData("895746500d0a1a0b", "not-a-patch")]
    [InlineData("895746500a1a0a00", "not-a-patch")]
    [InlineData("895746500d0a1a0a", "truncated-patch")]
    [InlineData("8957", "truncated-patch")]
    public void Files_of_another_kind_are_told_apart(string hexadecimal, string code) =>
        Assert.Equal(code, Refuse(Convert.FromHexString(hexadecimal)));

    [Fact]
    public void Every_truncation_is_told()
    {
        byte[] bytes = SamplePatch.Bytes;
        for (int length = 1; length < bytes.Length; length++)
        {
            Assert.Equal("truncated-patch", Refuse(bytes[..length]));
        }
        Assert.Equal("malformed-patch", Refuse(Sealed([.. bytes, 0])));
        Assert.Equal("corrupted-patch", Refuse([.. bytes, 0]));
    }

    [Fact]
    public void Every_flipped_bit_is_told()
    {
        byte[] bytes = SamplePatch.Bytes;
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            string[] codes = (bit / 8) switch
            {
                < 8 => ["not-a-patch"],
                < 12 => ["newer-patch", "malformed-patch"],
                < 16 => ["malformed-patch"],
                < 24 => ["truncated-patch", "malformed-patch"],
                _ => ["corrupted-patch"],
            };
            Assert.Contains(Refuse(damaged), codes);
        }
    }

    [Fact]
    public void A_newer_format_says_to_update()
    {
        byte[] bytes = SamplePatch.Bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 5);
        var refusal = PatchReader.Decode(bytes, "new.wfp").Refusal!;
        Assert.Equal("newer-patch", refusal.Kind.Name);
        Assert.Contains("update wfpatch", refusal.Sentence, StringComparison.Ordinal);
    }

    /// <summary>Damage behind a fitting checksum: whatever comes out is a refusal or a patch that keeps the rules; time and memory stay small.</summary>
    [Fact]
    public void Sealed_damage_is_refused_or_harmless()
    {
        byte[] sample = SamplePatch.Bytes;
        long before = GC.GetAllocatedBytesForCurrentThread();
        int runs = 0;
        Gen.Select(Gen.Int[HeaderSize, sample.Length - 1].Array[1, 4], Gen.OneOf(Gen.Byte, Gen.OneOf(Gen.Byte[0, 1], Gen.Byte[0x7f, 0x80], Gen.Byte[0xff, 0xff])).Array[4])
            .Check((places, values) =>
            {
                byte[] damaged = [.. sample];
                for (int i = 0; i < places.Length; i++)
                {
                    damaged[places[i]] = values[i];
                }
                var (patch, refusal) = PatchReader.Decode(Sealed(damaged), "fuzz");
                Interlocked.Increment(ref runs);
                return patch is null
                    ? refusal!.Kind.Name == "malformed-patch"
                    : refusal is null && PatchRules.Check(patch.Objects).Count == 0;
            }, count: 20_000);
        Assert.Equal(20_000, runs);
        Assert.True((GC.GetAllocatedBytesForCurrentThread() - before) / runs < 200_000, "reading a file of 1 KB takes too much memory");
    }

    [Fact]
    public void Huge_counts_are_refused_before_memory_is_taken()
    {
        byte[] sample = SamplePatch.Bytes;
        for (int at = HeaderSize; at + 4 <= sample.Length; at++)
        {
            byte[] damaged = [.. sample];
            BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(at), 0x7fff_fff0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            PatchReader.Decode(Sealed(damaged), "fuzz");
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000);
        }
    }

    public static TheoryData<string, ObjectPatch> Unsound()
    {
        var good = SamplePatch.Object;
        OldFunction Old(int i, Func<OldFunction, OldFunction> change) => change(good.OldFunctions[i]);
        ObjectPatch WithOld(Func<OldFunction, OldFunction> change) => good with { OldFunctions = good.OldFunctions.SetItem(0, Old(0, change)) };
        ObjectPatch WithSection(int i, Func<PatchSection, PatchSection> change) => good with { Sections = good.Sections.SetItem(i, change(good.Sections[i])) };
        ObjectPatch WithSymbol(int i, Func<PatchSymbol, PatchSymbol> change) => good with { Symbols = good.Symbols.SetItem(i, change(good.Symbols[i])) };
        return new TheoryData<string, ObjectPatch>
        {
            { "folder in the object's name", good with { ObjectName = "a/b" } },
            { "build-id of other digits", good with { BuildId = "ABCD" } },
            { "build-id of odd length", good with { BuildId = "abc" } },
            { "no replacement", good with { Replacements = [] } },
            { "replacement for no function", good with { Replacements = [new(9, 1)] } },
            { "replacement for a point", good with { Replacements = [new(0, 1), new(1, 1)] } },
            { "replacement by an old symbol", good with { Replacements = [new(0, 0)] } },
            { "replacement by data", good with { Replacements = [new(0, 4)] } },
            { "two replacements", good with { Replacements = [new(0, 1), new(0, 1)] } },
            { "symbol outside its section", WithSymbol(1, s => s with { Offset = 14 }) },
            { "symbol larger than its section", WithSymbol(1, s => s with { Size = ulong.MaxValue }) },
            { "symbol in no section", WithSymbol(1, s => s with { Section = 3 }) },
            { "symbol in a negative section", WithSymbol(1, s => s with { Section = -2 }) },
            { "symbol of unknown kind", WithSymbol(2, s => s with { Kind = (PatchSymbolKind)9 }) },
            { "symbol without a name", WithSymbol(2, s => s with { Name = "" }) },
            { "defined thread-local", WithSymbol(4, s => s with { Kind = PatchSymbolKind.ThreadLocal }) },
            { "offset without a section", WithSymbol(2, s => s with { Offset = 1 }) },
            { "content of a variable", WithSymbol(2, s => s with { Content = new byte[1] }) },
            { "old function without code", WithOld(f => f with { Bytes = default, Relocations = [] }) },
            { "copy of no function", WithOld(f => f with { Role = OldFunctionRole.Copy }) },
            { "copy of what is none of it", WithOld(f => f with { Role = OldFunctionRole.Copy, Of = 1 }) },
            { "replaced function of another", WithOld(f => f with { Of = 1 }) },
            { "old function of unknown role", WithOld(f => f with { Role = (OldFunctionRole)7 }) },
            { "old function with a new entry", WithOld(f => f with { Symbol = 1 }) },
            { "old function with data as entry", WithOld(f => f with { Symbol = 2 }) },
            { "old function without an entry", WithOld(f => f with { Symbol = -1 }) },
            { "field half outside", WithOld(f => f with { Relocations = [new(11, RelocationType.Pc32, 2, -4)] }) },
            { "field far outside", WithOld(f => f with { Relocations = [new(uint.MaxValue, RelocationType.Pc32, 2, -4)] }) },
            { "fields over each other", WithOld(f => f with { Relocations = [new(2, RelocationType.Pc32, 2, -4), new(5, RelocationType.Pc32, 2, -4)] }) },
            { "fields out of order", WithOld(f => f with { Relocations = [new(9, RelocationType.Pc32, 2, -4), new(2, RelocationType.Pc32, 2, -4)] }) },
            { "old code refers to new", WithOld(f => f with { Relocations = [new(2, RelocationType.Pc32, 4, -4)] }) },
            { "unknown relocation", WithSection(0, s => s with { Relocations = [new(3, RelocationType.Copy, 4, 0)] }) },
            { "hole in new code", WithSection(0, s => s with { Relocations = [new(3, RelocationType.Pc32, -1, 0)] }) },
            { "relocation to no symbol", WithSection(0, s => s with { Relocations = [new(3, RelocationType.Pc32, 8, 0)] }) },
            { "alignment 0", WithSection(1, s => s with { Alignment = 0 }) },
            { "alignment 3", WithSection(1, s => s with { Alignment = 3 }) },
            { "alignment of two pages", WithSection(1, s => s with { Alignment = 8192 }) },
            { "section of unknown kind", WithSection(1, s => s with { Kind = (PatchSectionKind)4 }) },
            { "zeros of read-only data", WithSection(1, s => s with { ZeroBytes = 8 }) },
            { "zeros behind bytes", WithSection(1, s => s with { Kind = PatchSectionKind.WritableData, ZeroBytes = 8 }) },
        };
    }

    [Theory]
    [MemberData(nameof(Unsound), DisableDiscoveryEnumeration = true)]
    public void Unsound_content_is_found_and_never_written(string what, ObjectPatch patch)
    {
        Assert.True(PatchRules.Check([patch]).Count > 0, what);
        Assert.Throws<ArgumentException>(() => PatchWriter.Encode([patch], "bad"));
    }

    [Fact]
    public void A_patch_changes_each_object_once_and_at_least_one()
    {
        Assert.NotEmpty(PatchRules.Check([]));
        Assert.NotEmpty(PatchRules.Check([SamplePatch.Object, SamplePatch.Object]));
        Assert.Empty(PatchRules.Check([SamplePatch.Object, SamplePatch.Object with { ObjectName = "" }]));
    }

    [Fact]
    public void Unsound_content_in_a_file_is_refused()
    {
        // The first byte of the first alignment, found by its neighbours: ".text.work", kind 0, alignment 16.
        byte[] bytes = SamplePatch.Bytes;
        int at = bytes.AsSpan().IndexOf(".text.work\0\u0010\0\0\0"u8) + 11;
        Assert.True(at > 11);
        bytes[at] = 15;
        Assert.Equal("malformed-patch", Refuse(Sealed(bytes)));
    }

    private static string Refuse(byte[] bytes)
    {
        var (patch, refusal) = PatchReader.Decode(bytes, "bad.wfp");
        Assert.Null(patch);
        Assert.Equal("bad.wfp", refusal!.Subject);
        Assert.StartsWith("bad.wfp ", refusal.Sentence, StringComparison.Ordinal);
        return refusal.Kind.Name;
    }

    /// <summary>Makes the checksum fit the content, as an attacker would.</summary>
    private static byte[] Sealed(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        XxHash128.Hash(copy.AsSpan(HeaderSize), copy.AsSpan(24, 16));
        return copy;
    }
}
