// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Plans;

/// <summary>FNV-1a, 64 bit (draft-eastlake-fnv): finds what was torn or changed by accident. A change of one byte always changes it.
/// It is no protection from somebody who wants the same sum.</summary>
public static class Fnv1a
{
    public const ulong OffsetBasis = 0xcbf29ce484222325;

    public static ulong Compute(ReadOnlySpan<byte> bytes, ulong basis = OffsetBasis)
    {
        ulong hash = basis;
        foreach (byte b in bytes)
        {
            hash = unchecked((hash ^ b) * 0x100000001b3);
        }
        return hash;
    }
}
