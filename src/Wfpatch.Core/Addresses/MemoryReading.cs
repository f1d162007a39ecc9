// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace Wfpatch.Core.Addresses;

/// <summary>Little-endian values out of an <see cref="IMemory"/>.</summary>
public static class MemoryReading
{
    public static bool TryReadUInt64(this IMemory memory, Address address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool read = memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    public static bool TryReadUInt32(this IMemory memory, Address address, out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool read = memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>A fresh array of <paramref name="length"/> bytes, or null where they cannot be read.</summary>
    public static byte[]? Read(this IMemory memory, Address address, int length)
    {
        var bytes = new byte[length];
        return memory.TryRead(address, bytes) ? bytes : null;
    }
}
