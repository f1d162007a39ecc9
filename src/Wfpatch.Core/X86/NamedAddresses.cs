// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>An address that an instruction computes.</summary>
/// <param name="At">Where its bytes stand in the code.</param>
public readonly record struct NamedAddress(Address At, Address Named);

/// <summary>
/// Looks for addresses that code computes: lea of an address relative to the instruction (8D, mod 0, r/m 5), and, where code lies
/// below 4 GiB, mov of an immediate of four bytes (B8 to BF, C7 /0). Without knowing where instructions begin: it may find what is none, and misses none.
/// </summary>
public static class NamedAddresses
{
    private const int Rel32 = 4;

    public static IEnumerable<NamedAddress> Find(ReadOnlyMemory<byte> code, Address start, bool isPositionIndependent)
    {
        List<NamedAddress> found = [];
        var bytes = code.Span;
        for (int i = 1; i + Rel32 <= bytes.Length; i++)
        {
            if (i > 1 && bytes[i - 2] == 0x8d && (bytes[i - 1] & 0xc7) == 0x05)
            {
                found.Add(new(start + i, start + i + Rel32 + BinaryPrimitives.ReadInt32LittleEndian(bytes[i..])));
            }
            else if (!isPositionIndependent && (bytes[i - 1] is >= 0xb8 and <= 0xbf || (i > 1 && bytes[i - 2] == 0xc7 && (bytes[i - 1] & 0xf8) == 0xc0)))
            {
                found.Add(new(start + i, new Address(BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]))));
            }
        }
        return found;
    }
}
