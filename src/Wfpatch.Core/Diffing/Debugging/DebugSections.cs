// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>The debug sections of one file by their plain names: decompressed where they are compressed.</summary>
/// <param name="file">An object file, or one with split debug information (.dwo).</param>
/// <param name="suffix">Behind each name: ".dwo" for split debug information, else empty.</param>
internal sealed class DebugSections(ElfFile file, string suffix, DebugBudget budget)
{
    public const string SplitSuffix = ".dwo";

    private const int LargestSection = 1 << 30;

    /// <summary>Sections that a name may have several of: type units lie in COMDAT groups of their own.</summary>
    public IEnumerable<DebugBytes> All(string name)
    {
        foreach (var section in file.Sections.Where(s => Is(s, name)))
        {
            // A decompressed section has the offsets that its relocations count by (gABI).
            yield return new DebugBytes(Content(section), file.RelocationsOf(section.Index), budget);
        }
    }

    public DebugBytes First(string name) => All(name).FirstOrDefault() ?? DebugBytes.Empty;

    public bool Has(string name) => file.Sections.Any(s => Is(s, name));

    /// <summary>Bytes of all debug sections of a file as they lie there.</summary>
    public static long SizeIn(ElfFile file) => file.Sections.Where(s => s.Name.StartsWith(".debug", StringComparison.Ordinal) || s.Name.StartsWith(".zdebug", StringComparison.Ordinal)).Sum(s => (long)s.Bytes.Length);

    private bool Is(ElfSection section, string name) => section.Name == name + suffix || section.Name == ".z" + name[1..] + suffix;

    private ReadOnlyMemory<byte> Content(ElfSection section)
    {
        if ((section.Flags & SectionFlags.Compressed) != 0)
        {
            const int HeaderSize = 24;
            var header = section.Bytes.Length >= HeaderSize ? section.Bytes.Span : throw new MalformedDebugException();
            return Decompressed((DebugCompression)BinaryPrimitives.ReadUInt32LittleEndian(header), BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), section.Bytes[HeaderSize..]);
        }
        // GNU's older form: .zdebug_info, "ZLIB" and the length as a big endian number.
        if (section.Name.StartsWith(".z", StringComparison.Ordinal))
        {
            const int HeaderSize = 12;
            var header = section.Bytes.Length >= HeaderSize && section.Bytes.Span.StartsWith("ZLIB"u8) ? section.Bytes.Span : throw new MalformedDebugException();
            return Decompressed(DebugCompression.Zlib, BinaryPrimitives.ReadUInt64BigEndian(header[4..]), section.Bytes[HeaderSize..]);
        }
        return section.Bytes;
    }

    private ReadOnlyMemory<byte> Decompressed(DebugCompression compression, ulong length, ReadOnlyMemory<byte> bytes)
    {
        if (length > LargestSection)
        {
            throw new MalformedDebugException("is larger than 1 GiB");
        }
        var content = file.DebugFiles?.Decompress(compression, bytes, (int)length)
            ?? throw new MalformedDebugException($"is compressed in a way that cannot be read ({compression})");
        return content;
    }
}
