// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Elf;

/// <summary>
/// An ELF file by its sections: an object file, or a program or library that has a section table. Every offset is checked
/// against the bytes, so that a hostile file gives a refusal. (System V ABI, chapters 4 and 5.)
/// </summary>
public sealed class ElfFile
{
    private const int SymbolSize = 24;
    private const int RelocationSize = 24;

    private readonly ILookup<int, ElfSection> _relocationSections;

    private ElfFile(string name, bool isRelocatable, ImmutableArray<ElfSection> sections, ImmutableArray<ElfSymbol> symbols, IDebugFiles? debugFiles)
    {
        Name = name;
        DebugFiles = debugFiles;
        IsRelocatable = isRelocatable;
        Sections = sections;
        Symbols = symbols;
        _relocationSections = sections.Where(s => s.Type == SectionType.RelocationsWithAddends).ToLookup(s => (int)s.Info);
    }

    /// <summary>How messages call the file.</summary>
    public string Name { get; }

    /// <summary>True for ET_REL: an object file (.o).</summary>
    public bool IsRelocatable { get; }

    public ImmutableArray<ElfSection> Sections { get; }

    /// <summary>.symtab, by index; entry 0 is the null symbol. Empty in a stripped file.</summary>
    public ImmutableArray<ElfSymbol> Symbols { get; }

    /// <summary>Where the rest of its debug information is; null where nobody knows.</summary>
    public IDebugFiles? DebugFiles { get; }

    /// <summary>Whether debug information, symbols and names have no bytes here: see <see cref="Loaded"/>.</summary>
    public bool IsLoadedAlone { get; private init; }

    /// <summary>The same file with the bytes of what is loaded alone, and what links it: sections with memory of their own, their relocations, groups. They are copied, so that
    /// nothing holds the file's bytes. Symbols are read already; debug information is left to <see cref="IDebugFiles.Reopen"/>.</summary>
    public ElfFile Loaded()
    {
        ElfSection[] kept = [.. Sections.Where(s => IsLinked(s) && !s.Bytes.IsEmpty)];
        byte[] bytes = new byte[kept.Sum(s => (long)s.Bytes.Length)];
        int at = 0;
        var sections = Sections.Select(s => s with { Bytes = default }).ToArray();
        foreach (var section in kept)
        {
            section.Bytes.CopyTo(bytes.AsMemory(at));
            sections[section.Index] = section with { Bytes = bytes.AsMemory(at, section.Bytes.Length) };
            at += section.Bytes.Length;
        }
        return new ElfFile(Name, IsRelocatable, [.. sections], Symbols, DebugFiles) { IsLoadedAlone = true };
    }

    private bool IsLinked(ElfSection section) => (section.Flags & SectionFlags.Allocate) != 0 || section.Type == SectionType.Group
        || (section.Type == SectionType.RelocationsWithAddends && section.Info < (uint)Sections.Length && (Sections[(int)section.Info].Flags & SectionFlags.Allocate) != 0);

    public ElfSection? FindSection(string name) => Sections.FirstOrDefault(s => s.Name == name);

    /// <summary>The relocations that apply to a section, in the file's order; symbol indexes are within <see cref="Symbols"/>.</summary>
    public ImmutableArray<ElfRelocation> RelocationsOf(int section)
    {
        var all = ImmutableArray.CreateBuilder<ElfRelocation>();
        foreach (var table in _relocationSections[section])
        {
            var bytes = table.Bytes.Span;
            for (int at = 0; at + RelocationSize <= bytes.Length; at += RelocationSize)
            {
                ulong info = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 8)..]);
                all.Add(new ElfRelocation(
                    BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]),
                    (RelocationType)(uint)info,
                    (int)(info >> 32),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 16)..])));
            }
        }
        return all.ToImmutable();
    }

    /// <summary>The COMDAT groups: index of a member section to the group's signature (gABI, "Section Groups"). Of the groups of one
    /// signature in all objects a linker keeps one.</summary>
    public ImmutableDictionary<int, string> ComdatGroups()
    {
        const uint Comdat = 1;
        const int Word = 4;
        var groups = ImmutableDictionary.CreateBuilder<int, string>();
        foreach (var group in Sections.Where(s => s.Type == SectionType.Group && s.Info < (uint)Symbols.Length && s.Bytes.Length >= Word))
        {
            var words = group.Bytes.Span;
            for (int at = Word; (BinaryPrimitives.ReadUInt32LittleEndian(words) & Comdat) != 0 && at + Word <= words.Length; at += Word)
            {
                groups[(int)BinaryPrimitives.ReadUInt32LittleEndian(words[at..])] = Symbols[(int)group.Info].Name;
            }
        }
        return groups.ToImmutable();
    }

    /// <summary>Reads a file's tables. Exactly one of the results is not null.</summary>
    public static (ElfFile? File, Refusal? Refusal) Parse(ReadOnlyMemory<byte> bytes, string name, IDebugFiles? debugFiles = null)
    {
        if (ElfHeader.TryRead(bytes.Span, name, out var header) is { } notElf)
        {
            return (null, notElf);
        }
        try
        {
            var sections = ReadSections(bytes, header);
            var symbols = ReadSymbols(sections, new NameBudget(bytes.Length));
            bool isRelocatable = header.Type == ElfHeader.Relocatable;
            if (isRelocatable)
            {
                CheckSymbols(sections, symbols);
            }
            CheckRelocations(sections, symbols.Length, isRelocatable);
            return (new ElfFile(name, isRelocatable, sections, symbols, debugFiles), null);
        }
        catch (MalformedElfException malformed)
        {
            return (null, FileRefusals.MalformedElf.About(name, $"{name} is damaged: {malformed.Message}."));
        }
    }

    private static ImmutableArray<ElfSection> ReadSections(ReadOnlyMemory<byte> bytes, ElfHeader header)
    {
        if (header.SectionHeaderOffset == 0)
        {
            return [];
        }
        ulong count = header.SectionHeaderCount;
        ulong nameIndex = header.SectionNameIndex;
        var first = Slice(bytes, header.SectionHeaderOffset, ElfHeader.SectionHeaderSize, "the section table").Span;
        if (count == 0)
        {
            count = BinaryPrimitives.ReadUInt64LittleEndian(first[32..]);
        }
        if (nameIndex == 0xffff)
        {
            nameIndex = BinaryPrimitives.ReadUInt32LittleEndian(first[40..]);
        }
        if (count > (ulong)bytes.Length / ElfHeader.SectionHeaderSize)
        {
            throw new MalformedElfException("the section table is longer than the file");
        }
        var table = Slice(bytes, header.SectionHeaderOffset, count * ElfHeader.SectionHeaderSize, "the section table");
        var raw = new (uint Name, ElfSection Section)[count];
        for (int i = 0; i < raw.Length; i++)
        {
            raw[i] = ReadSection(bytes, table.Span.Slice(i * ElfHeader.SectionHeaderSize, ElfHeader.SectionHeaderSize), i);
        }
        if (nameIndex >= count)
        {
            throw new MalformedElfException("the section of section names does not exist");
        }
        var names = raw[nameIndex].Section.Bytes;
        var budget = new NameBudget(bytes.Length);
        return [.. raw.Select(r => r.Section with { Name = ReadString(names.Span, r.Name, budget) })];
    }

    private static (uint Name, ElfSection Section) ReadSection(ReadOnlyMemory<byte> file, ReadOnlySpan<byte> entry, int index)
    {
        var type = (SectionType)BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
        ulong alignment = BinaryPrimitives.ReadUInt64LittleEndian(entry[48..]);
        if (alignment > 0 && !BitOperations.IsPow2(alignment))
        {
            throw new MalformedElfException($"section {index} has an impossible alignment");
        }
        bool hasBytes = type is not (SectionType.NoBits or SectionType.Null);
        return (BinaryPrimitives.ReadUInt32LittleEndian(entry), new ElfSection(
            index,
            "",
            type,
            (SectionFlags)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
            new Address(BinaryPrimitives.ReadUInt64LittleEndian(entry[16..])),
            size,
            BinaryPrimitives.ReadUInt32LittleEndian(entry[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[44..]),
            alignment,
            BinaryPrimitives.ReadUInt64LittleEndian(entry[56..]),
            hasBytes ? Slice(file, offset, size, $"section {index}") : default));
    }

    private static ImmutableArray<ElfSymbol> ReadSymbols(ImmutableArray<ElfSection> sections, NameBudget budget)
    {
        var table = sections.FirstOrDefault(s => s.Type == SectionType.SymbolTable);
        if (table is null)
        {
            return [];
        }
        if (table.Link >= (uint)sections.Length)
        {
            throw new MalformedElfException("the symbol table names no section of strings");
        }
        var names = sections[(int)table.Link].Bytes.Span;
        var wide = sections.FirstOrDefault(s => s.Type == SectionType.SymbolTableIndexes && s.Link == (uint)table.Index);
        var bytes = table.Bytes.Span;
        var symbols = ImmutableArray.CreateBuilder<ElfSymbol>(bytes.Length / SymbolSize);
        for (int i = 0; i < bytes.Length / SymbolSize; i++)
        {
            symbols.Add(ReadSymbol(bytes.Slice(i * SymbolSize, SymbolSize), i, names, budget, wide, sections));
        }
        return symbols.ToImmutable();
    }

    private static ElfSymbol ReadSymbol(
        ReadOnlySpan<byte> entry, int index, ReadOnlySpan<byte> names, NameBudget budget, ElfSection? wide, ImmutableArray<ElfSection> sections)
    {
        int section = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
        bool isWide = section == 0xffff;
        if (isWide)
        {
            if (wide is null || wide.Bytes.Length < (index + 1) * 4)
            {
                throw new MalformedElfException($"symbol {index} lies in a section of unknown number");
            }
            section = BinaryPrimitives.ReadInt32LittleEndian(wide.Bytes.Span[(index * 4)..]);
        }
        if (section < 0 || (section >= sections.Length && (isWide || section < 0xff00)))
        {
            throw new MalformedElfException($"symbol {index} lies in a section that does not exist");
        }
        byte info = entry[4];
        var kind = (SymbolKind)(info & 15);
        string name = ReadString(names, BinaryPrimitives.ReadUInt32LittleEndian(entry), budget);
        if (kind == SymbolKind.Section && section > 0 && section < sections.Length)
        {
            name = sections[section].Name;
        }
        return new ElfSymbol(
            index, name, BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
            kind, (SymbolBinding)(info >> 4), (byte)(entry[5] & 3), section);
    }

    // Readers slice a section by its symbols and relocations, so both must lie within it.
    private static void CheckSymbols(ImmutableArray<ElfSection> sections, ImmutableArray<ElfSymbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            bool isPlaced = symbol.Kind is SymbolKind.Function or SymbolKind.Object or SymbolKind.ThreadLocal && symbol.IsDefined && symbol.SectionIndex < sections.Length;
            if (isPlaced && (symbol.Value > sections[symbol.SectionIndex].Size || symbol.Size > sections[symbol.SectionIndex].Size - symbol.Value))
            {
                throw new MalformedElfException($"symbol {symbol.Index} ends outside its section");
            }
        }
    }

    private static void CheckRelocations(ImmutableArray<ElfSection> sections, int symbolCount, bool isRelocatable)
    {
        foreach (var table in sections.Where(s => s.Type == SectionType.RelocationsWithAddends))
        {
            bool isDynamic = (table.Flags & SectionFlags.Allocate) != 0;
            if (!isDynamic && table.Info >= (uint)sections.Length)
            {
                throw new MalformedElfException($"the relocations {table.Name} are for no section");
            }
            var bytes = table.Bytes.Span;
            // Relocations of a compressed section count by what it will be (gABI, "Section Compression"); nobody slices it by them.
            bool isCompressed = !isDynamic && (sections[(int)table.Info] is { } changed && ((changed.Flags & SectionFlags.Compressed) != 0 || changed.Name.StartsWith(".zdebug", StringComparison.Ordinal)));
            for (int at = 0; !isDynamic && at + RelocationSize <= bytes.Length; at += RelocationSize)
            {
                // In a linked file (--emit-relocs) the offset is an address.
                if (isRelocatable && !isCompressed && BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) > sections[(int)table.Info].Size)
                {
                    throw new MalformedElfException($"a relocation of {table.Name} lies outside its section");
                }
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 8)..]) >> 32 >= (ulong)symbolCount)
                {
                    throw new MalformedElfException($"a relocation of {table.Name} names a symbol that does not exist");
                }
            }
        }
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> bytes, ulong offset, ulong length, string what)
    {
        if (offset > (ulong)bytes.Length || length > (ulong)bytes.Length - offset)
        {
            throw new MalformedElfException($"{what} lies outside the file");
        }
        return bytes.Slice((int)offset, (int)length);
    }

    private static string ReadString(ReadOnlySpan<byte> names, uint offset, NameBudget budget)
    {
        if (offset >= (uint)names.Length)
        {
            return offset == 0 ? "" : throw new MalformedElfException("a name lies outside the section of names");
        }
        var rest = names[(int)offset..];
        int end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            throw new MalformedElfException("a name has no end");
        }
        return budget.TrySpend(end) ? Encoding.UTF8.GetString(rest[..end]) : throw new MalformedElfException("its names are too long");
    }
}
