// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Elf;

/// <summary>
/// A program or shared library as it lies in memory, read through its program headers and dynamic section alone: stripped
/// files, deleted files and the vdso are all the same to it. (System V ABI, chapter 5; x86-64 psABI.)
/// </summary>
public sealed class ElfImage
{
    private const int SymbolSize = 24;
    private const int MaximumSymbols = 4_000_000;
    private const int MaximumNotes = 16;
    private const ulong MaximumTableSize = 1 << 28;

    private readonly IMemory _memory;
    private readonly IReadOnlyDictionary<ulong, ulong> _dynamic;
    private readonly Lazy<ImmutableArray<ElfSymbol>> _symbols;
    private readonly Lazy<ILookup<string, ElfSymbol>> _symbolsByName;
    private readonly Lazy<ImmutableArray<ElfRelocation>> _allRelocations;
    private readonly Lazy<ImmutableArray<ElfRelocation>> _relocations;
    private readonly Lazy<SymbolVersions?> _versions;
    private ImmutableArray<ulong> _needed = [];

    private ElfImage(string name, IMemory memory, Address header, long bias, ImmutableArray<ElfSegment> segments,
        IReadOnlyDictionary<ulong, ulong> dynamic, AddressRange unwindHeader, AddressRange threadLocal, ImmutableArray<ElfNote> notes, bool isPositionIndependent)
    {
        Name = name;
        _memory = memory;
        Header = header;
        LoadBias = bias;
        Segments = segments;
        _dynamic = dynamic;
        UnwindHeader = unwindHeader;
        ThreadLocalTemplate = threadLocal;
        Notes = notes;
        BuildId = FindBuildId(notes);
        IsPositionIndependent = isPositionIndependent;
        _symbols = new(ReadSymbols);
        _symbolsByName = new(() => _symbols.Value.Where(s => s.Index > 0).ToLookup(s => s.Name));
        _allRelocations = new(ReadRelocations);
        _relocations = new(() => [.. _allRelocations.Value.Where(r => r.Symbol == 0 || (r.Symbol > 0 && r.Symbol < DynamicSymbols.Length))]);
        _versions = new(ReadVersions);
    }

    /// <summary>How messages call the image: its file's name.</summary>
    public string Name { get; }

    /// <summary>Where the ELF header lies in memory.</summary>
    public Address Header { get; }

    /// <summary>What is added to an address of the file to get the one in memory.</summary>
    public long LoadBias { get; }

    /// <summary>The PT_LOAD segments by address, with addresses as in memory (the bias added).</summary>
    public ImmutableArray<ElfSegment> Segments { get; }

    /// <summary>From the first to the last byte of all segments, as in memory.</summary>
    public AddressRange Range => new(Segments[0].Address.PageStart, Segments[^1].Range.End.AlignUp(Address.PageSize));

    /// <summary>.eh_frame_hdr (PT_GNU_EH_FRAME) as in memory; empty where there is none.</summary>
    public AddressRange UnwindHeader { get; }

    /// <summary>PT_TLS as in memory; empty where there is none.</summary>
    public AddressRange ThreadLocalTemplate { get; }

    /// <summary>The names of the libraries that the object needs (DT_NEEDED), in their order.</summary>
    public ImmutableArray<string> Needed => [.. _needed.Select(ReadName)];

    /// <summary>The name under which others need it (DT_SONAME); empty where it has none.</summary>
    public string SoName => _dynamic.TryGetValue(14, out ulong at) ? ReadName(at) : "";

    /// <summary>What the loader fills in and then takes the right to write from (PT_GNU_RELRO), as in memory; empty where there is none.</summary>
    public AddressRange Relocated { get; private init; }

    /// <summary>The GNU build-id in lower-case hexadecimal digits, or null.</summary>
    public string? BuildId { get; }

    /// <summary>What PT_NOTE segments hold.</summary>
    public ImmutableArray<ElfNote> Notes { get; }

    public bool IsPositionIndependent { get; }

    /// <summary>.dynsym; values before the bias.</summary>
    public ImmutableArray<ElfSymbol> DynamicSymbols => _symbols.Value;

    /// <summary>DT_RELA and DT_JMPREL; offsets before the bias, symbol indexes within <see cref="DynamicSymbols"/>.</summary>
    public ImmutableArray<ElfRelocation> DynamicRelocations => _relocations.Value;

    public Address ToMemory(ulong fileAddress) => new(unchecked(fileAddress + (ulong)LoadBias));

    public IEnumerable<ElfSymbol> FindDynamicSymbols(string name) => _symbolsByName.Value[name];

    /// <summary>False where <paramref name="symbol"/> has a version that only programs linked against it get.</summary>
    public bool IsDefaultVersion(ElfSymbol symbol) => _versions.Value?.IsDefault(symbol.Index) ?? true;

    /// <summary>The version that a symbol has, or needs where it is undefined; null: none.</summary>
    public string? VersionOf(ElfSymbol symbol) => _versions.Value?.NameOf(symbol.Index);

    /// <summary>How much the loader likes <paramref name="symbol"/> for a reference to <paramref name="version"/> (null: to none); 0: not at all.</summary>
    public int RankForVersion(ElfSymbol symbol, string? version) => _versions.Value?.RankFor(symbol.Index, version) ?? 1;

    /// <summary>Whether it looks for symbols in itself first (DT_SYMBOLIC, DF_SYMBOLIC: linked with -Bsymbolic).</summary>
    public bool IsSymbolic => _dynamic.ContainsKey(16) || (DynamicValue(30) & 2) != 0;

    public bool IsExecutable(Address address) => Segments.Any(s => s.IsExecutable && s.Range.Contains(address));

    /// <summary>Reads the headers at <paramref name="header"/>. Exactly one of the results is not null. Symbols and
    /// relocations are read when first asked for; damaged ones are left out.</summary>
    public static (ElfImage? Image, Refusal? Refusal) Read(IMemory memory, Address header, string name)
    {
        if (memory.Read(header, ElfHeader.Size) is not { } bytes)
        {
            return (null, FileRefusals.NotElf.About(name, $"{name} cannot be read at {header}."));
        }
        if (ElfHeader.TryRead(bytes, name, out var elf) is { } notElf)
        {
            return (null, notElf);
        }
        try
        {
            return (ReadImage(memory, header, name, elf), null);
        }
        catch (MalformedElfException malformed)
        {
            return (null, FileRefusals.MalformedElf.About(name, $"{name} is damaged: {malformed.Message}."));
        }
    }

    /// <summary>Lays a file out as the loader would, at bias 0, and reads it.</summary>
    public static (ElfImage? Image, IMemory? Memory, Refusal? Refusal) ReadFile(ReadOnlyMemory<byte> file, string name)
    {
        if (ElfHeader.TryRead(file.Span, name, out var elf) is { } notElf)
        {
            return (null, null, notElf);
        }
        try
        {
            var table = ReadProgramHeaders(new SegmentedMemory([(Address.Zero, file)]), Address.Zero, elf);
            var blocks = new List<(Address, ReadOnlyMemory<byte>)>();
            foreach (var segment in table.Where(p => p.Type == ProgramHeader.Load))
            {
                if (segment.Offset > (ulong)file.Length || segment.FileSize > (ulong)file.Length - segment.Offset || segment.MemorySize - segment.FileSize > 1UL << 30)
                {
                    throw new MalformedElfException("a segment lies outside the file");
                }
                blocks.Add((new Address(segment.Address), file.Slice((int)segment.Offset, (int)segment.FileSize)));
            }
            var memory = new SegmentedMemory(blocks);
            var first = table.Where(p => p.Type == ProgramHeader.Load).OrderBy(p => p.Address).FirstOrDefault();
            var (image, refusal) = Read(memory, new Address(unchecked(first.Address - first.Offset)), name);
            return (image, image is null ? null : memory, refusal);
        }
        catch (MalformedElfException malformed)
        {
            return (null, null, FileRefusals.MalformedElf.About(name, $"{name} is damaged: {malformed.Message}."));
        }
    }

    private readonly record struct ProgramHeader(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize, ulong Alignment)
    {
        public const uint Load = 1;
        public const uint Dynamic = 2;
        public const uint Note = 4;
        public const uint ThreadLocal = 7;
        public const uint GnuUnwindHeader = 0x6474e550;
        public const uint GnuRelocated = 0x6474e552;
    }

    private static List<ProgramHeader> ReadProgramHeaders(IMemory memory, Address header, ElfHeader elf)
    {
        if (elf.ProgramHeaderOffset > int.MaxValue || elf.ProgramHeaderCount == 0)
        {
            throw new MalformedElfException("it has no program headers");
        }
        var bytes = memory.Read(header + (long)elf.ProgramHeaderOffset, elf.ProgramHeaderCount * ElfHeader.ProgramHeaderSize)
            ?? throw new MalformedElfException("its program headers cannot be read");
        var all = new List<ProgramHeader>();
        for (int at = 0; at < bytes.Length; at += ElfHeader.ProgramHeaderSize)
        {
            var entry = bytes.AsSpan(at, ElfHeader.ProgramHeaderSize);
            all.Add(new ProgramHeader(
                BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[48..])));
        }
        return all;
    }

    private static ElfImage ReadImage(IMemory memory, Address header, string name, ElfHeader elf)
    {
        if (elf.Type is not (ElfHeader.Executable or ElfHeader.SharedObject))
        {
            throw new MalformedElfException("it is neither a program nor a shared library");
        }
        var table = ReadProgramHeaders(memory, header, elf);
        var loads = table.Where(p => p.Type == ProgramHeader.Load).OrderBy(p => p.Address).ToList();
        if (loads.Count == 0)
        {
            throw new MalformedElfException("it has no loadable segment");
        }
        // The header is the first byte of the file, so the segment with the lowest offset tells where the file was put.
        var first = loads.MinBy(p => p.Offset);
        long bias = unchecked((long)(header.Value - (first.Address - first.Offset)));
        ElfSegment ToSegment(ProgramHeader p) => new(
            new Address(unchecked(p.Address + (ulong)bias)), p.Offset, p.FileSize, p.MemorySize, (p.Flags & 4) != 0, (p.Flags & 2) != 0, (p.Flags & 1) != 0);
        AddressRange RangeOf(uint type)
        {
            var found = table.FirstOrDefault(p => p.Type == type);
            return found.MemorySize == 0 ? default : ToSegment(found).Range;
        }
        var segments = loads.Select(ToSegment).ToImmutableArray();
        if (segments.Any(s => s.MemorySize > 1UL << 40 || s.FileSize > s.MemorySize || s.Range.End < s.Address))
        {
            throw new MalformedElfException("a segment has an impossible size");
        }
        if (segments.Zip(segments.Skip(1)).Any(pair => pair.First.Range.Overlaps(pair.Second.Range)))
        {
            throw new MalformedElfException("its segments overlap");
        }
        return new ElfImage(name, memory, header, bias, segments, ReadDynamic(memory, RangeOf(ProgramHeader.Dynamic)),
            RangeOf(ProgramHeader.GnuUnwindHeader), RangeOf(ProgramHeader.ThreadLocal),
            [.. table.Where(p => p.Type == ProgramHeader.Note).Take(MaximumNotes).SelectMany(p => ElfNote.ReadSegment(memory, ToSegment(p).Range, p.Alignment))],
            elf.Type == ElfHeader.SharedObject)
        {
            Relocated = RangeOf(ProgramHeader.GnuRelocated),
            _needed = ReadNeeded(memory, RangeOf(ProgramHeader.Dynamic)),
        };
    }

    private static string? FindBuildId(ImmutableArray<ElfNote> notes)
    {
        const uint BuildIdType = 3; // NT_GNU_BUILD_ID
        return notes.FirstOrDefault(n => n is { Type: BuildIdType, Owner: "GNU" }) is { } note ? Convert.ToHexStringLower(note.Bytes.Span) : null;
    }

    private static Dictionary<ulong, ulong> ReadDynamic(IMemory memory, AddressRange range)
    {
        var entries = new Dictionary<ulong, ulong>();
        if (range.Length is 0 or > 1 << 20 || memory.Read(range.Start, (int)range.Length) is not { } bytes)
        {
            return entries;
        }
        for (int at = 0; at + 16 <= bytes.Length; at += 16)
        {
            ulong tag = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            if (tag == 0)
            {
                break;
            }
            entries.TryAdd(tag, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)));
        }
        return entries;
    }

    private static ImmutableArray<ulong> ReadNeeded(IMemory memory, AddressRange range)
    {
        const ulong TagNeeded = 1;
        if (range.Length is 0 or > 1 << 20 || memory.Read(range.Start, (int)range.Length) is not { } bytes)
        {
            return [];
        }
        return [.. Enumerable.Range(0, bytes.Length / 16).Select(i => bytes.AsSpan(i * 16, 16).ToArray())
            .TakeWhile(e => BinaryPrimitives.ReadUInt64LittleEndian(e) != 0)
            .Where(e => BinaryPrimitives.ReadUInt64LittleEndian(e) == TagNeeded).Select(e => BinaryPrimitives.ReadUInt64LittleEndian(e.AsSpan(8)))];
    }

    // A name of a file or library, by its place in the table of strings.
    private string ReadName(ulong at)
    {
        const ulong TagStrings = 5, LongestName = 4096;
        var name = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        for (var next = DynamicAddress(TagStrings) + (long)at; (ulong)name.Count < LongestName && _memory.TryRead(next, one) && one[0] != 0; next += 1)
        {
            name.Add(one[0]);
        }
        return Encoding.UTF8.GetString([.. name]);
    }

    // The loader writes absolute addresses into .dynamic of most libraries, but not of the vdso: both spellings are understood.
    private Address DynamicAddress(ulong tag)
    {
        if (!_dynamic.TryGetValue(tag, out ulong value))
        {
            return Address.Zero;
        }
        const ulong TagDebug = 21;
        return tag == TagDebug || Range.Contains(new Address(value)) ? new Address(value) : ToMemory(value);
    }

    /// <summary>The value that an entry of the dynamic section has in memory (the loader fills DT_DEBUG), as an address; zero where there is none.</summary>
    public Address FindDynamicAddress(ulong tag) => DynamicAddress(tag);

    private ulong DynamicValue(ulong tag) => _dynamic.TryGetValue(tag, out ulong value) ? value : 0;

    private ImmutableArray<ElfSymbol> ReadSymbols()
    {
        const ulong TagStrings = 5, TagSymbols = 6, TagStringsSize = 10;
        var table = DynamicAddress(TagSymbols);
        int count = CountSymbols();
        ulong stringsSize = DynamicValue(TagStringsSize);
        if (table == Address.Zero || count is 0 or > MaximumSymbols || stringsSize > MaximumTableSize
            || _memory.ReadWhole(table, (ulong)count * SymbolSize) is not { } bytes
            || _memory.ReadWhole(DynamicAddress(TagStrings), stringsSize) is not { } strings)
        {
            return [];
        }
        var budget = new NameBudget(bytes.Length + strings.Length);
        var symbols = ImmutableArray.CreateBuilder<ElfSymbol>(count);
        for (int i = 0; i < count; i++)
        {
            var entry = bytes.AsSpan(i * SymbolSize, SymbolSize);
            uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            string name = "";
            if (nameAt < strings.Length)
            {
                var rest = strings.AsSpan((int)nameAt);
                int end = rest.IndexOf((byte)0);
                rest = end < 0 ? rest : rest[..end];
                if (!budget.TrySpend(rest.Length))
                {
                    return [];
                }
                name = Encoding.UTF8.GetString(rest);
            }
            symbols.Add(new ElfSymbol(
                i, name, BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                (SymbolKind)(entry[4] & 15), (SymbolBinding)(entry[4] >> 4), (byte)(entry[5] & 3), BinaryPrimitives.ReadUInt16LittleEndian(entry[6..])));
        }
        return symbols.ToImmutable();
    }

    // The dynamic section has no count of symbols: it follows from the hash tables (DT_GNU_HASH, else DT_HASH). An object that exports
    // nothing has an empty DT_GNU_HASH, which says nothing of the imports: these are named by relocations.
    private int CountSymbols() =>
        Math.Max(CountHashedSymbols(), _allRelocations.Value.Select(r => Math.Clamp(r.Symbol, -1, MaximumSymbols) + 1).DefaultIfEmpty().Max());

    private int CountHashedSymbols()
    {
        const ulong TagHash = 4, TagGnuHash = 0x6ffffef5;
        var hash = DynamicAddress(TagHash);
        if (hash != Address.Zero && _memory.TryReadUInt32(hash + 4, out uint chains))
        {
            return (int)Math.Min(chains, MaximumSymbols + 1u);
        }
        var gnu = DynamicAddress(TagGnuHash);
        if (gnu == Address.Zero || _memory.Read(gnu, 16) is not { } head)
        {
            return 0;
        }
        uint buckets = BinaryPrimitives.ReadUInt32LittleEndian(head);
        uint firstHashed = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
        uint bloomWords = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8));
        if (buckets > MaximumSymbols || bloomWords > MaximumSymbols || _memory.ReadWhole(gnu + 16 + (bloomWords * 8L), buckets * 4UL) is not { } heads)
        {
            return 0;
        }
        uint last = 0;
        for (int at = 0; at < heads.Length; at += 4)
        {
            last = Math.Max(last, BinaryPrimitives.ReadUInt32LittleEndian(heads.AsSpan(at)));
        }
        if (last < firstHashed)
        {
            return (int)Math.Min(firstHashed, MaximumSymbols + 1u);
        }
        var chain = gnu + 16 + (bloomWords * 8L) + (buckets * 4L);
        while (last < MaximumSymbols && _memory.TryReadUInt32(chain + ((last - firstHashed) * 4L), out uint value) && (value & 1) == 0)
        {
            last++;
        }
        return (int)Math.Min(last + 1, MaximumSymbols + 1u);
    }

    private SymbolVersions? ReadVersions()
    {
        const ulong TagVersions = 0x6ffffff0, TagDefinitions = 0x6ffffffc, TagNeeds = 0x6ffffffe;
        var table = DynamicAddress(TagVersions);
        return table == Address.Zero || _memory.Read(table, DynamicSymbols.Length * 2) is not { } indexes ? null
            : SymbolVersions.Read(_memory, indexes, DynamicAddress(TagDefinitions), DynamicAddress(TagNeeds), ReadName);
    }

    private ImmutableArray<ElfRelocation> ReadRelocations()
    {
        const ulong TagRelocations = 7, TagRelocationsSize = 8, TagPltSize = 2, TagPlt = 23;
        var all = ImmutableArray.CreateBuilder<ElfRelocation>();
        foreach (var (at, size) in new[] { (TagRelocations, TagRelocationsSize), (TagPlt, TagPltSize) })
        {
            ulong length = DynamicValue(size);
            if (length is 0 or > MaximumTableSize || _memory.ReadWhole(DynamicAddress(at), length) is not { } bytes)
            {
                continue;
            }
            for (int i = 0; i + 24 <= bytes.Length; i += 24)
            {
                ulong info = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i + 8));
                all.Add(new ElfRelocation(
                    BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)), (RelocationType)(uint)info, (int)(info >> 32),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i + 16))));
            }
        }
        return all.ToImmutable();
    }
}
