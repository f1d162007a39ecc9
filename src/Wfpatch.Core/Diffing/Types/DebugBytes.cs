// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Types;

/// <summary>A debug section of an object file, read from front to back. Fields that have a relocation have its addend for their value:
/// in an object file all of a debug section's references lead to the starts of other debug sections (psABI, section 4.4; RELA).</summary>
internal sealed class DebugBytes
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Dictionary<ulong, long> _addends;

    public DebugBytes(ElfFile file, string name)
    {
        var section = file.FindSection(name);
        const SectionFlags Compressed = (SectionFlags)0x800;
        bool isPlain = section is not null && (section.Flags & Compressed) == 0;
        _bytes = isPlain ? section!.Bytes : default;
        _addends = [];
        foreach (var relocation in isPlain ? file.RelocationsOf(section!.Index) : [])
        {
            _addends[relocation.Offset] = relocation.Addend;
        }
    }

    public int Length => _bytes.Length;

    public int At { get; set; }

    public bool IsAtEnd => At >= _bytes.Length;

    public byte Byte() => Take(1)[0];

    public ulong Unsigned(int size)
    {
        int at = At;
        var field = Take(size);
        ulong value = 0;
        for (int i = size - 1; i >= 0; i--)
        {
            value = (value << 8) | field[i];
        }
        return _addends.TryGetValue((ulong)at, out long addend) ? (ulong)addend : value;
    }

    /// <summary>DWARF 5, section 7.6.</summary>
    public ulong Leb()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Byte();
            value |= shift < 64 ? (ulong)(next & 0x7f) << shift : 0;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    public void Skip(ulong bytes) => At = bytes <= (ulong)(_bytes.Length - At) ? At + (int)bytes : throw new MalformedDebugException();

    public ReadOnlySpan<byte> Take(int count)
    {
        int at = At;
        Skip((ulong)count);
        return _bytes.Span.Slice(at, count);
    }

    /// <summary>The string that begins at an offset, up to its zero byte.</summary>
    public string Text(ulong offset)
    {
        if (offset >= (ulong)_bytes.Length)
        {
            throw new MalformedDebugException();
        }
        var rest = _bytes.Span[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    /// <summary>The string here; goes behind it.</summary>
    public string Text()
    {
        int at = At;
        while (Byte() != 0)
        {
        }
        return Text((ulong)at);
    }
}

/// <summary>Debug information that contradicts itself, or of a form that is not known.</summary>
internal sealed class MalformedDebugException : Exception;
