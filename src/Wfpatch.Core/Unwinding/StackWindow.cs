// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Reads words of a stack through a window of a few kilobytes: a live target costs a system call per read, and the words of
/// neighbouring frames lie close together. Allocates nothing; four kilobytes large, so never copy it.
/// </summary>
internal struct StackWindow
{
    private const int Size = 4096;
    private const int Word = 8;

    // A frame's saved registers lie below the word that is asked for first, as often as above it.
    private const ulong LookBack = 128;

    private IMemory _memory;
    private Address _start;
    private int _length;
    private Buffer _buffer;

    /// <summary>Must be called first: the buffer's content is never cleared.</summary>
    public static void Open(IMemory memory, out StackWindow window)
    {
        Unsafe.SkipInit(out window);
        window._memory = memory;
        window._start = Address.Zero;
        window._length = 0;
    }

    public bool TryRead(Address address, out ulong value)
    {
        if (!Holds(address) && !TryMoveTo(address))
        {
            value = 0;
            return false;
        }
        value = BinaryPrimitives.ReadUInt64LittleEndian(((ReadOnlySpan<byte>)_buffer)[(int)(address - _start)..]);
        return true;
    }

    private readonly bool Holds(Address address) => _length >= Word && address >= _start && address.Value - _start.Value <= (ulong)(_length - Word);

    private bool TryMoveTo(Address address)
    {
        if (address >= Address.UserEnd)
        {
            return false;
        }
        var start = new Address(Math.Max(address.PageStart.Value, address.Value - Math.Min(address.Value, LookBack)));
        int toPageEnd = (int)(start.PageStart.Value + Address.PageSize - start.Value);
        // The end of a stack is the end of a page, the end of a recorded one anything.
        return TryFill(start, Size)
            || (toPageEnd - (address - start) >= Word && TryFill(start, Math.Min(toPageEnd, Size)))
            || TryFill(address, Word);
    }

    private bool TryFill(Address start, int length)
    {
        _start = start;
        _length = _memory.TryRead(start, ((Span<byte>)_buffer)[..length]) ? length : 0;
        return _length > 0;
    }

    [InlineArray(Size)]
    private struct Buffer
    {
        private byte _first;
    }
}
