// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Linking;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Linking;

/// <summary>Whatever a patch file says, the answer is a result or refusals.</summary>
public sealed class HostilePatchTests
{
    private static readonly Gen<RelocationType> Type = Gen.OneOf(Gen.UInt[0, 45].Select(t => (RelocationType)t), Gen.UInt.Select(t => (RelocationType)t));
    private static readonly Gen<long> Addend = Gen.OneOf(Gen.Const(-4L), Gen.Long[-64, 64], Gen.Long);
    private static readonly Gen<PatchRelocation> Relocation =
        Gen.Select(Gen.OneOf(Gen.UInt[0, 70], Gen.UInt), Type, Gen.Int[-2, 9], Addend, (offset, type, symbol, addend) => new PatchRelocation(offset, type, symbol, addend));

    private static readonly Gen<ImmutableArray<PatchRelocation>> Relocations = Relocation.Array[0, 6].Select(all => all.ToImmutableArray());
    private static readonly Gen<ReadOnlyMemory<byte>> Bytes = Gen.OneOf(Gen.Byte.Array[0, 64], OneOf<byte>(0xe8, 0xe9, 0x0f, 0x84, 0x48, 0x8b, 0x05, 0x90, 0, 0xff, 0x25).Array[0, 64]).Select(b => new ReadOnlyMemory<byte>(b));

    private static readonly Gen<PatchSymbol> Symbol = Gen.Select(
        OneOf("", "a", "b"), OneOf("", "unit.c"), Gen.Byte[0, 5], Gen.OneOf(Gen.Const(-1), Gen.Int[-1, 4]), Gen.OneOf(Gen.ULong[0, 70], Gen.ULong),
        Gen.OneOf(Gen.Const((ReadOnlyMemory<byte>?)null), Bytes.Select(b => (ReadOnlyMemory<byte>?)b)),
        (name, unit, kind, section, offset, content) => new PatchSymbol(name, unit, (PatchSymbolKind)kind, section, offset, 0, content));

    private static readonly Gen<OldFunction> Old = Gen.Select(Gen.Byte[0, 5], Gen.Int[-1, 9], Bytes, Relocations, Gen.OneOf(Gen.Const(-1), Gen.Int[-2, 4], Gen.Int),
        (role, symbol, bytes, relocations, of) => new OldFunction("old", "", (OldFunctionRole)role, symbol, bytes, relocations) { Of = of });

    private static readonly Gen<PatchSection> Section = Gen.Select(Gen.Byte[0, 3], Gen.OneOf(OneOf(1U, 16U, 4096U), Gen.UInt), Bytes, Relocations,
        (kind, alignment, bytes, relocations) => new PatchSection("section", (PatchSectionKind)kind, alignment, bytes, relocations));

    private static readonly Gen<ObjectPatch> Patch = Gen.Select(Symbol.Array[0, 8], Old.Array[0, 4], Section.Array[0, 4], (symbols, old, sections) => new ObjectPatch
    {
        ObjectName = "",
        BuildId = null,
        Symbols = [.. symbols],
        OldFunctions = [.. old],
        Sections = [.. sections],
        Replacements = [],
    });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public void LinkingGivesAnImageOrRefusals() =>
        Gen.Select(Patch, Gen.ULong, Gen.ULong.Array[8]).Check((patch, page, values) =>
        {
            var size = PatchLinker.Measure(patch);
            var match = new Match([], Enumerable.Range(0, 8).ToImmutableDictionary(i => i, i => values[i]));
            var (image, refusals) = PatchLinker.Link(patch, new Address(page & ~0xfffUL), match, FixedResolver.Nothing);
            Assert.Equal(image is null, refusals.Length > 0);
            Assert.True(image is null || image.Bytes.Length <= size.Bytes);
        }, count: 5_000);

    [Fact]
    public void MatchingGivesAMatchOrRefusals() =>
        Gen.Select(Patch, Bytes.Array[0, 5], Gen.OneOf(Gen.ULong[0x40_0000, 0x41_0000], Gen.ULong).Array[5]).Check((patch, places, starts) =>
        {
            // Old functions stand at some places, so that the match goes all the way.
            var codes = places.Concat(patch.OldFunctions.Select(f => f.Bytes)).Take(starts.Length).Select((bytes, i) => (Start: new Address(starts[i]), Bytes: bytes)).ToList();
            var functions = codes.Select(c => new RunningFunction(AddressRange.OfLength(c.Start, c.Bytes.Length), c.Start))
                .Append(new RunningFunction(new AddressRange(new Address(7), new Address(3)), default))
                .Append(new RunningFunction(new AddressRange(new Address(7), new Address(ulong.MaxValue)), default)).ToList();
            var (match, refusals) = RunPreMatcher.Match(patch, functions, new SegmentedMemory(codes), null);
            Assert.Equal(match is null, refusals.Length > 0);
        }, count: 5_000);
}
