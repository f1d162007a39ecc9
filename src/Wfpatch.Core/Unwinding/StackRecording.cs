// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// What an unwinding reads of a stack, kept, so that it can be told later whether the same unwinding would read the same. To compare the bytes takes a
/// fraction of the time that unwinding them again does. Made once; recording and comparing allocate nothing.
/// </summary>
public sealed class StackRecording : IMemory
{
    private const int Capacity = 64 * 1024, MostPieces = 16;

    private readonly byte[] _recorded = new byte[Capacity];
    private readonly byte[] _now = new byte[Capacity];
    private readonly Piece[] _pieces = new Piece[MostPieces];
    private IMemory? _memory;
    private int _count, _used;

    private readonly record struct Piece(Address Start, int Offset, int Length)
    {
        public Address End => Start + Length;
    }

    /// <summary>Whether all that was read is recorded: a stack may be larger than there is room.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Forgets everything, and records from now on what is read of this memory by way of the recording.</summary>
    public void Begin(IMemory memory)
    {
        _memory = memory;
        _count = _used = 0;
        IsWhole = true;
    }

    public bool TryRead(Address address, Span<byte> destination)
    {
        bool isRead = _memory!.TryRead(address, destination);
        if (isRead && IsWhole)
        {
            IsWhole = TryAdd(address, destination);
        }
        return isRead;
    }

    /// <summary>Whether this memory holds what was recorded, byte for byte.</summary>
    public bool IsStill(IMemory memory)
    {
        bool isStill = IsWhole;
        for (int i = 0; isStill && i < _count; i++)
        {
            var piece = _pieces[i];
            var now = _now.AsSpan(0, piece.Length);
            isStill = memory.TryRead(piece.Start, now) && now.SequenceEqual(_recorded.AsSpan(piece.Offset, piece.Length));
        }
        return isStill;
    }

    // A stack is read upwards: mostly what comes next overlaps the last piece or is beside it, and one read for both is enough.
    private bool TryAdd(Address address, ReadOnlySpan<byte> bytes)
    {
        if (_count > 0 && _pieces[_count - 1] is var last && address >= last.Start && address <= last.End)
        {
            int offset = last.Offset + (int)(address - last.Start);
            if (offset + bytes.Length > Capacity)
            {
                return false;
            }
            int known = (int)Math.Min(last.End - address, bytes.Length);
            if (!bytes[..known].SequenceEqual(_recorded.AsSpan(offset, known)))
            {
                return false;
            }
            bytes.CopyTo(_recorded.AsSpan(offset));
            _pieces[_count - 1] = last with { Length = Math.Max(last.Length, offset - last.Offset + bytes.Length) };
            _used = Math.Max(_used, offset + bytes.Length);
            return true;
        }
        if (_count == MostPieces || _used + bytes.Length > Capacity)
        {
            return false;
        }
        bytes.CopyTo(_recorded.AsSpan(_used));
        _pieces[_count++] = new Piece(address, _used, bytes.Length);
        _used += bytes.Length;
        return true;
    }
}
