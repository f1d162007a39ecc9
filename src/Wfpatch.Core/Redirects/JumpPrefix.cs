// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Redirects;

/// <summary>Bytes that may stand before the E9 of a near jump without a meaning: segment overrides, and a REX prefix directly
/// before the opcode. The operand-size prefix is not among them: AMD truncates the target with it, Intel ignores it
/// (Intel SDM volume 2, JMP; AMD APM volume 3, JMP near).</summary>
internal static class JumpPrefix
{
    /// <summary>The segment override that is written where a prefix is wanted.</summary>
    public const byte Filler = 0x2e;

    public static bool IsRedundant(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bool segment = bytes[i] is 0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65;
            bool rex = (bytes[i] & 0xf0) == 0x40 && i == bytes.Length - 1;
            if (!segment && !rex)
            {
                return false;
            }
        }
        return true;
    }
}
