// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>
/// Looks through all code of a program or library for anything that could be a branch or call into a range by a displacement,
/// without knowing where its instructions begin: behind every byte that may be the last of such a branch's opcode. So it may find what
/// is none, and misses none (Intel SDM volume 2: call E8, jmp E9 and EB, jcc 7x and 0F 8x, loop and jrcxz E0 to E3, xbegin C7 F8).
/// </summary>
public static class BranchScan
{
    private const int Rel32 = 4;

    /// <param name="code">All code of one object.</param>
    /// <param name="start">The address of its first byte.</param>
    /// <param name="except">Code that is not looked at: its instructions are known.</param>
    /// <param name="isNone">Tells of a displacement's address that it is known to be none.</param>
    /// <returns>The address of the displacement, or null.</returns>
    public static Address? Find(ReadOnlySpan<byte> code, Address start, AddressRange into, AddressRange except, Predicate<Address>? isNone = null)
    {
        for (int i = 1; i + Rel32 <= code.Length; i++)
        {
            if (!IsOpcode(code, i - 1))
            {
                continue;
            }
            ulong target = start.Value + (ulong)(i + Rel32) + (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(code[i..]);
            if (target - into.Start.Value < into.Length && !except.Contains(start + i) && isNone?.Invoke(start + i) != true)
            {
                return start + i;
            }
        }
        return FindShort(code, start, into, except, isNone);
    }

    private static bool IsOpcode(ReadOnlySpan<byte> code, int at) =>
        code[at] is 0xe8 or 0xe9 || (code[at] is >= 0x80 and <= 0x8f && at > 0 && code[at - 1] == 0x0f) || (code[at] == 0xf8 && at > 0 && code[at - 1] == 0xc7);

    private static Address? FindShort(ReadOnlySpan<byte> code, Address start, AddressRange into, AddressRange except, Predicate<Address>? isNone)
    {
        const int Reach = 256;
        int first = (int)Math.Clamp(into.Start - start - Reach, 1, code.Length);
        int end = (int)Math.Clamp(into.End - start + Reach, 0, code.Length);
        for (int i = first; i < end; i++)
        {
            bool isShort = code[i - 1] is 0xeb or (>= 0x70 and <= 0x7f) or (>= 0xe0 and <= 0xe3);
            if (isShort && into.Contains(start + i + 1 + (sbyte)code[i]) && !except.Contains(start + i) && isNone?.Invoke(start + i) != true)
            {
                return start + i;
            }
        }
        return null;
    }
}
