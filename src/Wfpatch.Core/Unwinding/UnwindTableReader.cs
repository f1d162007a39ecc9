// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Unwinding;

/// <summary>Finds the entries of an unwind table (LSB 5, sections 10.6.1 "The .eh_frame section" and 10.6.2 ".eh_frame_hdr").</summary>
internal static class UnwindTableReader
{
    // The largest .eh_frame seen is one of some 12 MB (a browser's).
    private const ulong MaximumSize = 1 << 28;

    public static UnwindTable ReadImage(ElfImage image, IMemory memory)
    {
        var range = image.UnwindHeader;
        var header = memory.ReadWhole(range.Start, Math.Min(range.Length, MaximumSize)) ?? throw new MalformedElfException("its .eh_frame_hdr cannot be read");
        var reader = new DwarfReader(header);
        byte version = reader.ReadByte();
        byte frameEncoding = reader.ReadByte();
        byte countEncoding = reader.ReadByte();
        byte tableEncoding = reader.ReadByte();
        if (version != 1 || !PointerEncoding.TryReadAddress(ref reader, frameEncoding, range.Start, range.Start, out var frames))
        {
            throw new MalformedElfException("its .eh_frame_hdr is of an unknown kind");
        }
        var bytes = ReadToSegmentEnd(image, memory, frames);
        var entries = new UnwindEntryReader(bytes, frames);
        if (HasSearchTable(ref reader, countEncoding, tableEncoding, out ulong count))
        {
            ReadSearchTable(ref reader, range.Start, tableEncoding, count, entries);
        }
        else
        {
            entries.ReadAll();
        }
        return entries.ToTable(image.Name, function => image.Segments.Any(s => s.IsExecutable && s.Range.Contains(function)));
    }

    public static UnwindTable ReadSection(IMemory memory, AddressRange section, string name)
    {
        byte[]? bytes = section.Length <= MaximumSize ? memory.ReadWhole(section.Start, section.Length) : null;
        var entries = new UnwindEntryReader(bytes ?? throw new MalformedElfException("its .eh_frame cannot be read"), section.Start);
        entries.ReadAll();
        return entries.ToTable(name, static _ => true);
    }

    private static bool HasSearchTable(ref DwarfReader reader, byte countEncoding, byte tableEncoding, out ulong count)
    {
        count = 0;
        return countEncoding != PointerEncoding.Omitted
            && tableEncoding != PointerEncoding.Omitted
            && PointerEncoding.SizeOf(tableEncoding) > 0
            && PointerEncoding.TryReadValue(ref reader, countEncoding, out count);
    }

    private static void ReadSearchTable(ref DwarfReader reader, Address header, byte encoding, ulong count, UnwindEntryReader entries)
    {
        if (count > (ulong)(reader.Length - reader.Position) / (2 * (ulong)PointerEncoding.SizeOf(encoding)))
        {
            throw new MalformedElfException("its .eh_frame_hdr names more functions than it has room for");
        }
        for (ulong i = 0; i < count; i++)
        {
            if (!PointerEncoding.TryReadAddress(ref reader, encoding, header, header, out var start)
                || !PointerEncoding.TryReadAddress(ref reader, encoding, header, header, out var entry))
            {
                throw new MalformedElfException("its .eh_frame_hdr is of an unknown kind");
            }
            entries.ReadFunction(entry, start);
        }
    }

    // Nothing in memory tells the size of .eh_frame, and some (the loader's, the vdso's) have no terminator: what belongs to it
    // is what the search table leads to.
    private static byte[] ReadToSegmentEnd(ElfImage image, IMemory memory, Address frames)
    {
        foreach (var segment in image.Segments)
        {
            var filled = AddressRange.OfLength(segment.Address, (long)segment.FileSize);
            if (filled.Contains(frames))
            {
                return memory.ReadWhole(frames, Math.Min((ulong)(filled.End - frames), MaximumSize))
                    ?? throw new MalformedElfException("its .eh_frame cannot be read");
            }
        }
        throw new MalformedElfException("its .eh_frame lies outside its segments");
    }
}
