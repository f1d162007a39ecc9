// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Linking;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Tests.Matching;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Linking;

public sealed class PatchLinkerTests
{
    private const ulong Start = 0x5600_0000_0000;

    private const string Source = """
        #include <stddef.h>
        extern int printf(const char *, ...), external(int);
        extern int total;
        extern __thread int depth;
        static int kept;
        typedef int callback(int);
        __attribute__((noinline)) int first(int x) { static const char *const names = "names"; return printf("%s %d\n", names, x + kept); }
        double scaled(double x) { return x * 12.5 + first((int)x); }
        callback *chosen(int x) { return x ? external : first; }
        int picks(int x)
        {
            switch (x) { case 0: return first(1); case 1: return external(2); case 2: return total; case 3: return depth++; case 4: return kept++; case 5: return 88; default: return external(x) + 1; }
        }
        int tail(int x) { total += x; return external(x); }
        int *where(void) { return &total; }
        """;

    [Theory]
    [InlineData("-fPIC -ftls-model=initial-exec", 0x1000_0000L)]
    [InlineData("-fPIC -ftls-model=initial-exec -fno-plt", 0x1000_0000L)]
    [InlineData("-fPIE", -0x7000_0000L)]
    [InlineData("-fPIE -O1 -fcf-protection", 0x7000_0000L)]
    [InlineData("-fPIC -ftls-model=initial-exec -mcmodel=large", 0x1000_0000L)]
    [InlineData("-fPIC -ftls-model=initial-exec -mcmodel=large -fno-plt -O0", 0x20_0000_0000L)]
    [InlineData("-fPIC -ftls-model=initial-exec -mcmodel=medium -mlarge-data-threshold=1 -O0", 0x1000_0000L)]
    [InlineData("-fno-pic -mcmodel=large", 0x20_0000_0000L)]
    public void EveryReferenceOfCompiledCodeLeadsToItsSymbol(string flags, long distance)
    {
        var patch = Compile(flags);
        var (image, problems) = Link(patch, new Address(Start), distance);
        Assert.Empty(problems);
        Check(patch, image!, distance);
    }

    [Fact]
    public void FarFunctionsAreCalledOverStubs()
    {
        var patch = Compile("-fPIC -ftls-model=initial-exec");
        long near = 0x100_0000;
        var (image, refusals) = Link(patch, new Address(Start), near, farFunctions: true);
        Assert.Empty(refusals);
        Assert.True(Check(patch, image!, near, farFunctions: true) > 0);
    }

    [Fact]
    public void FarDataIsRefusedByName()
    {
        var patch = Compile("-fPIE");
        var (image, refusals) = Link(patch, new Address(Start), 0x9000_0000);
        Assert.Null(image);
        Assert.Contains(refusals, r => r.Code == "WF502" && r.Subject == "total" && r.Sentence.Contains("tail", StringComparison.Ordinal));
        Assert.All(refusals, r => Assert.Equal("WF502", r.Code));
    }

    [Fact]
    public void TheLinkEditorGivesTheSameBytes()
    {
        // Everything hidden and nothing thread-local: no slots, so that ld has nothing to place but the sections.
        var source = new Dictionary<string, string> { ["new.c"] = "#pragma GCC visibility push(hidden)\n" + Source.Replace("__thread ", "", StringComparison.Ordinal) };
        foreach (string flags in new[] { "-fPIC", "-fno-pic -fno-plt" })
        {
            string[] compile = ["gcc", "-O2", "-ffunction-sections", .. flags.Split(' '), "-c", "new.c", "-o", "new.o"];
            var patch = NewObject.Of(Parse(Gcc.Build(source, [compile], "new.o")["new.o"]));
            var start = new Address(0x10_0000);
            const long Distance = 0x20_0000;
            var (image, refusals) = Link(patch, start, Distance);
            Assert.Empty(refusals);
            var script = new System.Text.StringBuilder("SECTIONS {\n");
            var at = SectionAddresses(patch, image!);
            Assert.True(at.Count > 7);
            foreach (var (index, address) in at.OrderBy(a => a.Value))
            {
                script.Append($".s{index} 0x{address:x} : {{ *({patch.Sections[index].Name}) }}\n");
            }
            int kept = patch.Symbols.IndexOf(patch.Symbols.First(s => s.Name == ".bss"));
            script.Append($".bss 0x{External(patch, kept, start, Distance, false):x} (NOLOAD) : {{ *(.bss) }}\n/DISCARD/ : {{ *(.eh_frame) *(.note*) *(.comment) }}\n}}\n");
            string[] link = ["ld", "-T", "script", "new.o", "-o", "judge", "--no-relax", "-e", "0", .. Externals(patch, start, Distance)];
            var judge = Parse(Gcc.Build(new Dictionary<string, string>(source) { ["script"] = script.ToString() }, [compile, link], "judge")["judge"]);
            foreach (var (index, address) in at)
            {
                var expected = judge.FindSection($".s{index}")!.Bytes.Span;
                Assert.Equal(expected.ToArray(), image!.Bytes.Slice((int)(address - start.Value), expected.Length).ToArray());
            }
        }
    }

    [Fact]
    public void UnwindEntriesLeadToTheirFunctions()
    {
        var patch = Compile("-fPIC -ftls-model=initial-exec");
        var (image, refusals) = Link(patch, new Address(Start), 0x1000_0000);
        Assert.Empty(refusals);
        var table = image!.Bytes.Span.Slice((int)(image.UnwindTable.Start - image.Start), (int)image.UnwindTable.Length);
        Assert.Equal(0U, BinaryPrimitives.ReadUInt32LittleEndian(table[^4..]));
        var starts = new List<Address>();
        for (int at = 0; BinaryPrimitives.ReadUInt32LittleEndian(table[at..]) is > 0 and var length; at += (int)length + 4)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(table[(at + 4)..]) != 0)
            {
                starts.Add(image.UnwindTable.Start + at + 8 + BinaryPrimitives.ReadInt32LittleEndian(table[(at + 8)..]));
            }
        }
        Assert.Equal(image.CodeRanges.Where(r => r.Length > 0).Select(r => r.Start).Order(), starts.Order());
    }

    [Fact]
    public void WhatIsKnownNowhereIsRefusedWithItsUser()
    {
        var patch = Compile("-fPIC -ftls-model=initial-exec");
        var (image, refusals) = PatchLinker.Link(patch, new Address(Start), new Match([], ImmutableDictionary<int, ulong>.Empty), FixedResolver.Nothing);
        Assert.Null(image);
        Assert.All(refusals, r => Assert.Equal("WF501", r.Code));
        Assert.Contains(refusals, r => r.Subject == "printf" && r.Sentence.StartsWith("first needs printf, which is unknown here", StringComparison.Ordinal));
        Assert.Contains(refusals, r => r.Subject == ".bss");
    }

    [Fact]
    public void TheMatchComesBeforeTheResolver()
    {
        var patch = Calls(RelocationType.Plt32, "e8 00000000");
        var match = new Match([], ImmutableDictionary<int, ulong>.Empty.Add(0, Start + 0x5000));
        var (image, refusals) = PatchLinker.Link(patch, new Address(Start), match, new FixedResolver(new Dictionary<string, ulong> { ["symbol"] = Start + 0x7000 }));
        Assert.Empty(refusals);
        Assert.Equal(0x5000 - 5, BinaryPrimitives.ReadInt32LittleEndian(image!.Bytes.Span[1..]));
    }

    [Theory]
    [InlineData(RelocationType.Pc32, "e8 00000000", 1)]
    [InlineData(RelocationType.Plt32, "0f84 00000000", 2)]
    [InlineData(RelocationType.Plt32, "e9 00000000", 1)]
    [InlineData(RelocationType.Pc32, "488d05 00000000", 3)]
    [InlineData(RelocationType.Pc32, "8b05 00000000", 2)]
    [InlineData(RelocationType.RexGotPcRelX, "488b05 00000000", 3)]
    [InlineData(RelocationType.GotPcRelX, "ff15 00000000", 2)]
    [InlineData(RelocationType.Absolute32, "b8 00000000", 1)]
    [InlineData(RelocationType.Absolute32S, "48c7c0 00000000", 3)]
    [InlineData(RelocationType.Absolute64, "48b8 0000000000000000", 2)]
    public void AnyDistanceIsLinkedRightOrRefused(RelocationType type, string code, uint field)
    {
        bool isBranch = code[0] is 'e' or '0';
        bool isAbsolute = type is RelocationType.Absolute32 or RelocationType.Absolute32S or RelocationType.Absolute64;
        var patch = Calls(type, code, field);
        var distances = Gen.OneOf(Gen.Long[-0x1_0000_0000, 0x1_0000_0000], Gen.Long[0x7fff_ff00, 0x8000_0100], Gen.Long[-0x8000_0100, -0x7fff_ff00], Gen.Long[-0x4000_0000_0000, 0x1000_0000_0000]);
        var values = Gen.OneOf(Gen.Long[0, 0x1_0000_0010], Gen.Long[0x7fff_fff0, 0x8000_0010], Gen.Long[0xffff_fff0, 0x1_0000_0010]);
        Gen.Select(Gen.Long[0x40_0000, 0x5fff_ffff], isAbsolute ? values : distances).Check((page, number) =>
        {
            var start = new Address((ulong)page * 0x1000);
            ulong value = isAbsolute ? (ulong)number : (start + number).Value;
            var (image, refusals) = PatchLinker.Link(patch, start, new Match([], ImmutableDictionary<int, ulong>.Empty.Add(0, value)), FixedResolver.Nothing);
            long far = unchecked((long)(value - start.Value)) - 4 - field;
            bool isInRange = type switch
            {
                RelocationType.Absolute64 or RelocationType.RexGotPcRelX or RelocationType.GotPcRelX => true,
                RelocationType.Absolute32 => value <= uint.MaxValue,
                RelocationType.Absolute32S => value <= int.MaxValue,
                _ => isBranch || far is >= int.MinValue and <= int.MaxValue,
            };
            Assert.Equal(isInRange, image is not null);
            if (image is null)
            {
                Assert.Equal("WF502", Assert.Single(refusals).Code);
                return;
            }
            int stubs = new LinkJudge(patch, image).CheckCode(_ => value);
            Assert.Equal(isBranch && (far is < int.MinValue or > int.MaxValue), stubs > 0);
            Assert.True(image.Bytes.Length <= PatchLinker.Measure(patch).Bytes);
        });
    }

    [Fact]
    public void ThreadOffsetsGoIntoFieldsAndSlots()
    {
        foreach (var (type, code, field, addend) in new[] { (RelocationType.TpOff32, "64488b0425 00000000", 5U, 8L), (RelocationType.GotTpOff, "488b05 00000000", 3U, -4L) })
        {
            var patch = Calls(type, code, field, addend, PatchSymbolKind.ThreadLocal);
            ulong value = unchecked((ulong)-64L);
            var (image, refusals) = PatchLinker.Link(patch, new Address(Start), new Match([], ImmutableDictionary<int, ulong>.Empty.Add(0, value)), FixedResolver.Nothing);
            Assert.Empty(refusals);
            new LinkJudge(patch, image!).CheckCode(_ => value);
        }
    }

    [Fact]
    public void CodeIsAlignedAndTheRoomBetweenTraps()
    {
        var section = new PatchSection(".text.a", PatchSectionKind.Code, 1, new byte[] { 0xc3 }, []);
        var patch = Calls(RelocationType.Plt32, "e8 00000000") with { Sections = [section, section with { Alignment = 64 }, new PatchSection(".rodata", PatchSectionKind.ReadOnlyData, 32, new byte[] { 7 }, [])] };
        Assert.Equal(64, PatchLinker.Measure(patch).Alignment);
        var (image, refusals) = PatchLinker.Link(patch, new Address(Start), new Match([], ImmutableDictionary<int, ulong>.Empty), FixedResolver.Nothing);
        Assert.Empty(refusals);
        Assert.Equal([AddressRange.OfLength(new Address(Start), 1), AddressRange.OfLength(new Address(Start + 64), 1)], image!.CodeRanges);
        Assert.Equal([0xc3, 0xcc], image.Bytes.Span[..2].ToArray());
        Assert.Equal(7, image.Bytes.Span[96]);
        Assert.Equal(default, image.UnwindTable);
        Assert.Throws<ArgumentException>(() => PatchLinker.Link(patch, new Address(Start + 16), new Match([], ImmutableDictionary<int, ulong>.Empty), FixedResolver.Nothing));
    }

    [Theory]
    [InlineData(RelocationType.Got32)]
    [InlineData(RelocationType.Pc16)]
    [InlineData(RelocationType.Code4GotPcRelX)]
    [InlineData((RelocationType)12345)]
    public void OtherRelocationsAreRefused(RelocationType type)
    {
        var refusal = Assert.Single(Linked(Calls(type, "e8 00000000")));
        Assert.Equal("WF503", refusal.Code);
        Assert.Contains(type.ToString(), refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void NewCodeThatContradictsItselfIsRefused()
    {
        var good = Calls(RelocationType.Plt32, "e8 00000000");
        var section = good.Sections[0];
        Assert.Equal("WF504", Assert.Single(Linked(good with { Sections = [section with { Relocations = [new(2, RelocationType.Plt32, 0, -4)] }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Sections = [section with { Relocations = [new(1, RelocationType.Plt32, 7, -4)] }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Sections = [section with { Relocations = [new(1, RelocationType.Plt32, -1, -4)] }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Sections = [section with { Alignment = 48 }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Symbols = [good.Symbols[0] with { Section = 3 }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Symbols = [good.Symbols[0] with { Section = 0, Offset = 99 }] })).Code);
        Assert.Equal("WF504", Assert.Single(Linked(Calls(RelocationType.Plt32, "e8 00000000", 1, -4, PatchSymbolKind.ThreadLocal))).Code);
        Assert.Equal("WF504", Assert.Single(Linked(good with { Sections = [section with { Kind = (PatchSectionKind)9 }] })).Code);
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("ffffffff 00000000")]
    [InlineData("0c000000 01000000 00000000 00000000")]
    [InlineData("40000000 00000000")]
    [InlineData("04000000 00000000 01")]
    public void AnUnwindTableOfNoWholeEntriesIsRefused(string table)
    {
        var patch = Calls(RelocationType.Plt32, "e8 00000000") with { Sections = [new PatchSection(".eh_frame", PatchSectionKind.UnwindTable, 8, Scenario.Bytes(table, Address.Zero), [])] };
        Assert.Equal("WF505", Assert.Single(Linked(patch)).Code);
    }

    private static ImmutableArray<Wfpatch.Core.Refusals.Refusal> Linked(ObjectPatch patch) =>
        PatchLinker.Link(patch, new Address(Start), new Match([], ImmutableDictionary<int, ulong>.Empty.Add(0, Start)), FixedResolver.Nothing).Refusals;

    private static ObjectPatch Calls(RelocationType type, string code, uint field = 1, long addend = -4, PatchSymbolKind kind = PatchSymbolKind.Unknown) => new()
    {
        ObjectName = "",
        BuildId = null,
        Symbols = [new PatchSymbol("symbol", "", kind, -1, 0, 0, null)],
        OldFunctions = [],
        Sections = [new PatchSection(".text.new", PatchSectionKind.Code, 16, Scenario.Bytes(code, Address.Zero), [new PatchRelocation(field, type, 0, type == RelocationType.Absolute64 || type == RelocationType.Absolute32 || type == RelocationType.Absolute32S ? 0 : addend)])],
        Replacements = [],
    };

    private static ObjectPatch Compile(string flags) =>
        NewObject.Of(Parse(Gcc.Build(new Dictionary<string, string> { ["new.c"] = Source }, [["gcc", "-O2", "-ffunction-sections", .. flags.Split(' '), "-c", "new.c", "-o", "new.o"]], "new.o")["new.o"]));

    private static ElfFile Parse(byte[] bytes)
    {
        var (file, refusal) = ElfFile.Parse(bytes, "new.o");
        Assert.Null(refusal);
        return file!;
    }

    // Symbols of the running program lie at a distance from the new code, one page apart; thread-local ones below the thread pointer.
    private static ulong External(ObjectPatch patch, int symbol, Address start, long distance, bool farFunctions)
    {
        var kind = patch.Symbols[symbol].Name is "depth" ? PatchSymbolKind.ThreadLocal : patch.Symbols[symbol].Kind;
        bool isFar = farFunctions && patch.Symbols[symbol].Name is "external" or "printf";
        return kind == PatchSymbolKind.ThreadLocal ? unchecked((ulong)(-8L * symbol)) : (start + distance + (symbol * 0x1000L) + (isFar ? 0x10_0000_0000 : 0)).Value;
    }

    private static (LinkedImage? Image, ImmutableArray<Wfpatch.Core.Refusals.Refusal> Refusals) Link(ObjectPatch patch, Address start, long distance, bool farFunctions = false)
    {
        var external = Enumerable.Range(1, patch.Symbols.Length - 1).Where(i => !patch.Symbols[i].IsDefinedByPatch);
        return PatchLinker.Link(patch, start, new Match([], external.ToImmutableDictionary(i => i, i => External(patch, i, start, distance, farFunctions))), FixedResolver.Nothing);
    }

    private static int Check(ObjectPatch patch, LinkedImage image, long distance, bool farFunctions = false) =>
        new LinkJudge(patch, image).CheckCode(i => image.SymbolAddresses.TryGetValue(i, out var own) ? own.Value : External(patch, i, image.Start, distance, farFunctions));

    private static Dictionary<int, ulong> SectionAddresses(ObjectPatch patch, LinkedImage image) =>
        Enumerable.Range(0, patch.Symbols.Length).Where(i => patch.Symbols[i].IsDefinedByPatch && patch.Sections[patch.Symbols[i].Section].Kind != PatchSectionKind.UnwindTable)
            .GroupBy(i => patch.Symbols[i].Section).ToDictionary(g => g.Key, g => image.SymbolAddresses[g.First()].Value - patch.Symbols[g.First()].Offset);

    private static IEnumerable<string> Externals(ObjectPatch patch, Address start, long distance) =>
        Enumerable.Range(1, patch.Symbols.Length - 1).Where(i => !patch.Symbols[i].IsDefinedByPatch && patch.Symbols[i].Unit.Length == 0)
            .Select(i => $"--defsym={patch.Symbols[i].Name}=0x{External(patch, i, start, distance, false):x}");
}
