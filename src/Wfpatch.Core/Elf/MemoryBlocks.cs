// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Elf;

/// <summary>Reads whole tables whose size a file states, and a damaged one may state anything.</summary>
internal static class MemoryBlocks
{
    private const int FirstBlock = 1 << 20;

    /// <summary>A fresh array, or null where a byte cannot be read or 2 GiB are exceeded. Reads block by block, so that no
    /// more is allocated than a few times what is really there.</summary>
    public static byte[]? ReadWhole(this IMemory memory, Address address, ulong length)
    {
        if (length > (ulong)Array.MaxLength)
        {
            return null;
        }
        var bytes = new byte[Math.Min((int)length, FirstBlock)];
        int filled = 0;
        while (memory.TryRead(address + filled, bytes.AsSpan(filled)))
        {
            filled = bytes.Length;
            if (filled == (int)length)
            {
                return bytes;
            }
            Array.Resize(ref bytes, (int)Math.Min((long)length, filled * 2L));
        }
        return null;
    }
}
