// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Names;

/// <summary>
/// An ELF file for a debugger: the names of our code at its run-time addresses (.symtab), how to unwind it (.eh_frame), and no code:
/// its sections of code take no room in the file. gdb reads it with add-symbol-file. (System V gABI, chapter 4.)
/// </summary>
public static class SymbolFile
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;

    private readonly record struct Section(string Name, uint Type, ulong Flags, ulong Address, byte[]? Bytes, ulong Size, uint Link, uint Info, ulong Alignment, ulong EntrySize);

    /// <param name="code">Ranges of memory that hold the code: a section for each.</param>
    /// <param name="tables">How the code unwinds.</param>
    public static byte[] Render(ImmutableArray<NamedCode> names, ImmutableArray<AddressRange> code, IEnumerable<UnwindTable> tables)
    {
        const uint ProgramBits = 1, SymbolTable = 2, StringTable = 3, NoBits = 8;
        const ulong Allocate = 2, Execute = 4;
        var sections = new List<Section> { default };
        foreach (var range in code)
        {
            string name = sections.Count == 1 ? ".text" : $".text.{sections.Count}";
            sections.Add(new Section(name, NoBits, Allocate | Execute, range.Start.Value, null, range.Length, 0, 0, 16, 0));
        }
        byte[] frames = AbsoluteFrames.Of(tables);
        ulong framesAt = (code.IsEmpty ? 0 : code.Max(c => c.End.Value)).AlignUp();
        sections.Add(new Section(".eh_frame", ProgramBits, Allocate, framesAt, frames, (ulong)frames.Length, 0, 0, 8, 0));
        var (symbols, strings) = Symbols(names, code);
        sections.Add(new Section(".symtab", SymbolTable, 0, 0, symbols, (ulong)symbols.Length, (uint)sections.Count + 1, 1, 8, SymbolSize));
        sections.Add(new Section(".strtab", StringTable, 0, 0, strings, (ulong)strings.Length, 0, 0, 1, 0));
        return Assemble(sections);
    }

    private static (byte[] Symbols, byte[] Strings) Symbols(ImmutableArray<NamedCode> names, ImmutableArray<AddressRange> code)
    {
        const byte GlobalFunction = 0x12;
        var symbols = new byte[SymbolSize * (names.Length + 1)];
        var strings = new List<byte> { 0 };
        for (int i = 0; i < names.Length; i++)
        {
            var at = symbols.AsSpan(SymbolSize * (i + 1));
            int section = code.FindIndex(r => r.Contains(names[i].Range.Start));
            BinaryPrimitives.WriteInt32LittleEndian(at, strings.Count);
            at[4] = GlobalFunction;
            BinaryPrimitives.WriteUInt16LittleEndian(at[6..], (ushort)(section + 1));
            BinaryPrimitives.WriteUInt64LittleEndian(at[8..], names[i].Range.Start.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(at[16..], names[i].Range.Length);
            strings.AddRange(Encoding.UTF8.GetBytes(names[i].Name.Replace('\0', '?')));
            strings.Add(0);
        }
        return (symbols, [.. strings]);
    }

    private static byte[] Assemble(List<Section> sections)
    {
        var names = new List<byte> { 0 };
        var nameOffsets = new List<int> { 0 };
        sections.Add(new Section(".shstrtab", 3, 0, 0, [], 0, 0, 0, 1, 0));
        foreach (var section in sections.Skip(1))
        {
            nameOffsets.Add(names.Count);
            names.AddRange(Encoding.ASCII.GetBytes(section.Name));
            names.Add(0);
        }
        sections[^1] = sections[^1] with { Bytes = [.. names], Size = (ulong)names.Count };
        var file = new List<byte>(new byte[HeaderSize]);
        var headers = new byte[SectionHeaderSize * sections.Count];
        for (int i = 1; i < sections.Count; i++)
        {
            file.AddRange(new byte[(8 - (file.Count % 8)) % 8]);
            WriteSectionHeader(headers.AsSpan(SectionHeaderSize * i), nameOffsets[i], file.Count, sections[i]);
            file.AddRange(sections[i].Bytes ?? []);
        }
        file.AddRange(new byte[(8 - (file.Count % 8)) % 8]);
        int headersAt = file.Count;
        file.AddRange(headers);
        byte[] bytes = [.. file];
        WriteHeader(bytes, headersAt, sections.Count);
        return bytes;
    }

    private static void WriteHeader(Span<byte> header, int sectionHeaders, int count)
    {
        const ushort Executable = 2, X8664 = 62;
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], Executable);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], X8664);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)sectionHeaders);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[58..], SectionHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[60..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(header[62..], (ushort)(count - 1));
    }

    private static void WriteSectionHeader(Span<byte> header, int name, int offset, Section section)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, name);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], section.Type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], section.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], section.Address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], section.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], section.Link);
        BinaryPrimitives.WriteUInt32LittleEndian(header[44..], section.Info);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], section.Alignment);
        BinaryPrimitives.WriteUInt64LittleEndian(header[56..], section.EntrySize);
    }

    private static ulong AlignUp(this ulong value) => (value + 7) & ~7UL;

    private static int FindIndex(this ImmutableArray<AddressRange> ranges, Predicate<AddressRange> isWanted) => Array.FindIndex([.. ranges], isWanted);
}
