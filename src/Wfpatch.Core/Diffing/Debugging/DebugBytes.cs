// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>A debug section of an object file, read from front to back. Fields that have a relocation have its addend for their value:
/// in an object file all of a debug section's references lead to the starts of other sections (psABI, section 4.4; RELA).</summary>
internal sealed class DebugBytes
{
    public static readonly DebugBytes Empty = new(default, [], new DebugBudget(0));

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Dictionary<ulong, ElfRelocation> _relocations = [];
    private readonly DebugBudget _budget;

    public DebugBytes(ReadOnlyMemory<byte> bytes, ImmutableArray<ElfRelocation> relocations, DebugBudget budget)
    {
        _bytes = bytes;
        _budget = budget;
        foreach (var relocation in relocations)
        {
            _relocations[relocation.Offset] = relocation;
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
        return _relocations.TryGetValue((ulong)at, out var relocation) ? (ulong)relocation.Addend : value;
    }

    /// <summary>The relocation of the field that begins at an offset, or null.</summary>
    public ElfRelocation? RelocationAt(int offset) => _relocations.TryGetValue((ulong)offset, out var relocation) ? relocation : null;

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

    /// <summary>Goes to an offset; it may be any number.</summary>
    public void Go(ulong offset) => At = offset <= (ulong)_bytes.Length ? (int)offset : throw new MalformedDebugException();

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
        var text = end < 0 ? rest : rest[..end];
        _budget.Spend(text.Length);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Goes behind the string here.</summary>
    public void SkipText()
    {
        int length = _bytes.Span[At..].IndexOf((byte)0);
        Skip(length < 0 ? ulong.MaxValue : (ulong)length + 1);
    }

    /// <summary>The string here; goes behind it.</summary>
    public string Text()
    {
        int at = At;
        SkipText();
        return Text((ulong)at);
    }
}

/// <summary>Debug information that contradicts itself, or of a form that is not known.</summary>
/// <param name="what">What it does, in words: "contradicts itself".</param>
internal sealed class MalformedDebugException(string what = "contradicts itself") : Exception(what);
