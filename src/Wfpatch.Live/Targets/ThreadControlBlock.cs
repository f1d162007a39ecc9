// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// Finds glibc's control block of a thread (its %fs base) without stopping it: the robust list that every thread registers
/// with the kernel lies inside it, and the block's first word and its word at 16 are its own address (tcbhead_t).
/// </summary>
public static class ThreadControlBlock
{
    /// <summary>How far the robust list may stand from the block's start; 0x2e0 in glibc 2.31 to 2.41.</summary>
    private const int SearchLength = 0x400;
    private const int SelfOffset = 0x10;

    /// <summary>The block's address, or zero where the thread has none (not glibc's, or just born).</summary>
    public static Address Find(ILinux linux, IMemory memory, int thread)
    {
        if (linux.GetRobustList(thread, out var head) != Errno.Success || head == Address.Zero)
        {
            return Address.Zero;
        }
        Span<byte> window = stackalloc byte[SearchLength + SelfOffset + 8];
        var start = head - SearchLength;
        int skip = 0;
        // The block may be the first thing in its mapping.
        while (!memory.TryRead(start + skip, window[skip..]))
        {
            int toPage = (int)(((start + skip).PageStart + (long)Address.PageSize) - (start + skip));
            skip += toPage;
            if (skip >= SearchLength)
            {
                return Address.Zero;
            }
        }
        for (int at = SearchLength; at >= skip; at -= 8)
        {
            ulong self = (start + at).Value;
            if (BinaryPrimitives.ReadUInt64LittleEndian(window[at..]) == self && BinaryPrimitives.ReadUInt64LittleEndian(window[(at + SelfOffset)..]) == self)
            {
                return new Address(self);
            }
        }
        return Address.Zero;
    }
}
