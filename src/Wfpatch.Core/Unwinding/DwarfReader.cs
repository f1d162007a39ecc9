// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Reads little-endian and LEB128 values one after another. It never throws and never allocates: past the end, or at a value
/// that does not fit, <see cref="IsBroken"/> becomes true and stays so, and zeros are returned.
/// </summary>
internal ref struct DwarfReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The offset of the next byte.</summary>
    public int Position { get; private set; }

    public bool IsBroken { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public readonly int Length => _bytes.Length;

    public byte ReadByte()
    {
        if ((uint)Position < (uint)_bytes.Length)
        {
            return _bytes[Position++];
        }
        IsBroken = true;
        return 0;
    }

    public ushort ReadUInt16() => TryTake(2, out var taken) ? BinaryPrimitives.ReadUInt16LittleEndian(taken) : (ushort)0;

    public uint ReadUInt32() => TryTake(4, out var taken) ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : 0;

    public ulong ReadUInt64() => TryTake(8, out var taken) ? BinaryPrimitives.ReadUInt64LittleEndian(taken) : 0;

    /// <summary>DWARF 5, section 7.6. More than 64 bits break the reader.</summary>
    public ulong ReadUnsignedLeb()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = ReadByte();
            ulong bits = next & 0x7fu;
            if (shift == 63 && bits > 1)
            {
                break;
            }
            value |= shift < 64 ? bits << shift : 0;
            if ((next & 0x80) == 0)
            {
                return IsBroken ? 0 : value;
            }
        }
        IsBroken = true;
        return 0;
    }

    /// <summary>DWARF 5, section 7.6. More than ten bytes break the reader.</summary>
    public long ReadSignedLeb()
    {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = ReadByte();
            value |= shift < 64 ? (long)(next & 0x7fu) << shift : 0;
            if ((next & 0x80) == 0)
            {
                int used = shift + 7;
                bool negative = (next & 0x40) != 0 && used < 64;
                return IsBroken ? 0 : negative ? value | (-1L << used) : value;
            }
        }
        IsBroken = true;
        return 0;
    }

    public void Skip(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
        {
            IsBroken = true;
            return;
        }
        Position += (int)count;
    }

    /// <summary>Jumps, forwards or backwards, to an offset from the start; one past the last byte is allowed.</summary>
    public void MoveTo(long position)
    {
        if (position < 0 || position > _bytes.Length)
        {
            IsBroken = true;
            return;
        }
        Position = (int)position;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        if (IsBroken || count > _bytes.Length - Position)
        {
            IsBroken = true;
            taken = default;
            return false;
        }
        taken = _bytes.Slice(Position, count);
        Position += count;
        return true;
    }
}
