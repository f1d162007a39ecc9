// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>The ways to a table: with and without header, search table and terminator, and damaged ones.</summary>
public sealed class UnwindTableReadingTests : IDisposable
{
    private static readonly byte[] Usual = [0x0c, 7, 8, 0x90, 1];

    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public void A_bare_section_holds_the_same_functions_as_one_with_a_header()
    {
        var (file, image, memory) = Compile();
        var section = file.FindSection(".eh_frame")!;
        var (whole, _) = UnwindTable.Read(image, memory);
        var (bare, refusal) = UnwindTable.ReadSection(memory, AddressRange.OfLength(section.Address, (long)section.Size), "bare");

        Assert.True(refusal is null, refusal?.ToString());
        Assert.NotEmpty(whole!.Functions);
        Assert.Equal(whole.Functions, bare!.Functions);
    }

    [Fact]
    public void A_header_without_a_search_table_does()
    {
        var (_, image, memory) = Compile();
        var changed = new OverlayMemory(memory);
        changed.Write(image.UnwindHeader.Start + 2, [0xff, 0xff]);
        var (whole, _) = UnwindTable.Read(image, memory);
        var (scanned, refusal) = UnwindTable.Read(image, changed);

        Assert.True(refusal is null, refusal?.ToString());
        Assert.Equal(whole!.Functions, scanned!.Functions);
    }

    [Fact]
    public void Functions_are_those_of_symbols()
    {
        var (file, image, memory) = Compile();
        var (table, _) = UnwindTable.Read(image, memory);
        var symbol = file.Symbols.Single(s => s.Name == "handler");

        Assert.True(table!.TryFind(new Address(symbol.Value), out var function));
        Assert.Equal(AddressRange.OfLength(new Address(symbol.Value), (long)symbol.Size), function);
        Assert.True(table.TryFind(function.End - 1, out var last));
        Assert.Equal(function, last);
        Assert.False(table.TryFind(table.Range.End, out _));
        Assert.False(table.TryFind(table.Range.Start - 1, out _));
        Assert.False(table.TryFind(new Address(ulong.MaxValue), out _));
    }

    [Fact]
    public void A_table_is_read_in_few_pieces_and_never_again()
    {
        var (_, image, memory) = Compile();
        var counting = new CountingMemory(memory);
        var (table, _) = UnwindTable.Read(image, counting);
        int reads = counting.Reads;
        table!.FindRow(table.Functions[0].Start, out _);

        Assert.InRange(reads, 1, 4);
        Assert.Equal(reads, counting.Reads);
    }

    [Fact]
    public void An_object_without_a_header_is_refused_by_name()
    {
        string path = _tools.CompileFile("headless", "steps.c", "-O2", "-Wl,--no-eh-frame-hdr");
        var (image, memory, _) = ElfImage.ReadFile(File.ReadAllBytes(path), "headless");
        var (table, refusal) = UnwindTable.Read(image!, memory!);

        Assert.Null(table);
        Assert.Equal("WF120", refusal!.Code);
        Assert.Contains("headless", refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_of_every_known_kind_are_read()
    {
        var frames = new HandmadeFrames();
        int plain = frames.Common(Usual, augmentation: "");
        int all = frames.Common(Usual, "zPLRSB", [0x03, 1, 2, 3, 4, 0x1b, 0x00]);
        int third = frames.Common(Usual, version: 3);
        frames.Function(plain, 0x3000, 16, [], hasAugmentation: false);
        frames.Function(all, 0x1000, 16, []);
        frames.Function(third, 0x2000, 16, []);
        frames.Function(third, 0x1008, 0, []);
        frames.Raw(0, 0, 0, 0, 1, 2, 3);
        var (table, refusal) = frames.Read();

        Assert.True(refusal is null, refusal?.ToString());
        Assert.Equal([0x1000UL, 0x2000, 0x3000], table!.Functions.Select(f => f.Start.Value));
        Assert.True(table.IsSignalFrame(new Address(0x1000)));
        Assert.False(table.IsSignalFrame(new Address(0x2000)));
        Assert.Equal(UnwindFailureReason.None, table.FindRow(new Address(0x3000), out var row));
        Assert.Equal(new FrameRule(FrameRuleKind.Register, (byte)Register.Rsp, 8), row.FrameAddress);
        Assert.Equal(new FrameRule(FrameRuleKind.Offset, 0, -8), row[Register.Rip]);
    }

    [Fact]
    public void An_empty_section_describes_nothing()
    {
        var (table, refusal) = new HandmadeFrames().Raw(0, 0, 0, 0).Read();

        Assert.Null(refusal);
        Assert.Empty(table!.Functions);
        Assert.False(table.TryFind(Address.Zero, out _));
    }

    public static TheoryData<string, Action<HandmadeFramesRef>> Damages => new()
    {
        { "unknown augmentation", f => f.Frames.Function(f.Frames.Common(Usual, "zRX"), 0x1000, 16, []) },
        { "augmentation of old compilers", f => f.Frames.Function(f.Frames.Common(Usual, "eh"), 0x1000, 16, []) },
        { "unknown version", f => f.Frames.Function(f.Frames.Common(Usual, version: 9), 0x1000, 16, []) },
        { "another return column", f => f.Frames.Function(f.Frames.Common(Usual, returnColumn: 8), 0x1000, 16, []) },
        { "unknown encoding", f => f.Frames.Function(f.Frames.Common(Usual, "zR", [0x0d]), 0x1000, 16, []) },
        { "encoding relative to text", f => f.Frames.Function(f.Frames.Common(Usual, "zR", [0x20]), 0x1000, 16, []) },
        { "augmentation data too long", f => f.Frames.Function(f.Frames.Common(Usual, "zPR", [0x04, 0]), 0x1000, 16, []) },
        { "function without its common entry", f => f.Frames.Function(-400, 0x1000, 16, []) },
        { "function whose common entry is behind", f => f.Frames.Function(4000, 0x1000, 16, []) },
        { "function that wraps round", f => f.Frames.Function(f.Frames.Common(Usual), ulong.MaxValue - 4, 16, []) },
        { "function of negative length", f => f.Frames.Function(f.Frames.Common(Usual), 0x1000, ulong.MaxValue, []) },
        { "one function as another's common entry", f => f.Frames.Function(f.Frames.Function(f.Frames.Common(Usual), 0x1000, 16, []), 0x2000, 16, []) },
        { "overlapping functions", f => f.Overlapping() },
        { "entry that ends outside", f => f.Frames.Raw(40, 0, 0, 0, 1, 2, 3, 4) },
        { "entry too short", f => f.Frames.Raw(2, 0, 0, 0, 1, 2) },
        { "length cut", f => f.Frames.Raw(2, 0) },
        { "64-bit length", f => f.Frames.Raw(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0) },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_table_is_refused(string name, Action<HandmadeFramesRef> damage)
    {
        var frames = new HandmadeFramesRef();
        damage(frames);
        var (table, refusal) = frames.Frames.Read();

        Assert.True(table is null, name);
        Assert.Equal("WF121", refusal!.Code);
        Assert.StartsWith("handmade has an unwind table that cannot be used: ", refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_that_cannot_be_read_is_refused()
    {
        var nothing = new SegmentedMemory([]);
        Assert.Equal("WF121", UnwindTable.ReadSection(nothing, AddressRange.OfLength(new Address(0x1000), 64), "x").Refusal!.Code);
        Assert.Equal("WF121", UnwindTable.ReadSection(nothing, AddressRange.OfLength(new Address(0x1000), long.MaxValue), "x").Refusal!.Code);
    }

    [Theory]
    [InlineData(0, 2)] // version
    [InlineData(1, 0x0d)] // encoding of the pointer to .eh_frame
    [InlineData(1, 0x80)] // indirect
    [InlineData(7, 0x7f)] // .eh_frame far away
    [InlineData(11, 0x7f)] // more functions than there is room for
    [InlineData(12, 0x55)] // a function that is not where its entry says
    [InlineData(19, 0x7f)] // an entry far away
    public void A_damaged_header_is_refused(int offset, byte value)
    {
        var (_, image, memory) = Compile();
        var changed = new OverlayMemory(memory);
        changed.Write(image.UnwindHeader.Start + offset, [value]);

        Assert.Equal("WF121", UnwindTable.Read(image, changed).Refusal!.Code);
    }

    private (ElfFile File, ElfImage Image, IMemory Memory) Compile()
    {
        byte[] bytes = File.ReadAllBytes(_tools.CompileFile("program", "steps.c", "-O2"));
        var (image, memory, _) = ElfImage.ReadFile(bytes, "program");
        return (ElfFile.Parse(bytes, "program").File!, image!, memory!);
    }

    /// <summary>A public name for an internal type, as theories want it.</summary>
    public sealed class HandmadeFramesRef
    {
        internal HandmadeFrames Frames { get; } = new();

        internal void Overlapping()
        {
            int common = Frames.Common(Usual);
            Frames.Function(common, 0x1000, 16, []);
            Frames.Function(common, 0x100f, 16, []);
        }
    }

    private sealed class CountingMemory(IMemory below) : IMemory
    {
        public int Reads { get; private set; }

        public bool TryRead(Address address, Span<byte> destination)
        {
            Reads++;
            return below.TryRead(address, destination);
        }
    }
}
