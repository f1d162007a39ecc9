// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>The forms of procedure linkage table entries (x86-64 psABI, section 5.2 and its variants for bnd and IBT).</summary>
internal static class PltEntry
{
    private const int LongestJump = 11;
    private const int ShortestJump = 6;

    /// <summary>The address of the slot that <c>[endbr64] [bnd] jmp *slot(%rip)</c> at <paramref name="entry"/> jumps through; null
    /// where something else stands there.</summary>
    public static Address? FindSlot(IMemory memory, Address entry)
    {
        Span<byte> bytes = stackalloc byte[LongestJump];
        if (!memory.TryRead(entry, bytes))
        {
            bytes = bytes[..ShortestJump];
            if (!memory.TryRead(entry, bytes))
            {
                return null;
            }
        }
        int at = SkipPrefixes(bytes);
        if (bytes.Length < at + ShortestJump || bytes[at] != 0xff || bytes[at + 1] != 0x25)
        {
            return null;
        }
        return entry + (at + ShortestJump) + BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 2)..]);
    }

    /// <summary>Whether <paramref name="address"/> is the part of an entry that a slot holds until the loader binds it at the first
    /// call: <c>[endbr64] push $index; [bnd] jmp</c>.</summary>
    public static bool IsUnbound(IMemory memory, Address address)
    {
        Span<byte> bytes = stackalloc byte[LongestJump];
        if (!memory.TryRead(address, bytes))
        {
            return false;
        }
        int at = bytes.StartsWith((ReadOnlySpan<byte>)[0xf3, 0x0f, 0x1e, 0xfa]) ? 4 : 0;
        return bytes[at] == 0x68 && bytes[at + 5] is 0xe9 or 0xf2;
    }

    private static int SkipPrefixes(ReadOnlySpan<byte> bytes)
    {
        int at = bytes.StartsWith((ReadOnlySpan<byte>)[0xf3, 0x0f, 0x1e, 0xfa]) ? 4 : 0;
        return at < bytes.Length && bytes[at] == 0xf2 ? at + 1 : at;
    }
}
