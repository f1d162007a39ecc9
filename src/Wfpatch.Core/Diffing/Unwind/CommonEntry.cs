// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Core.Diffing.Unwind;

/// <summary>What of a CIE decides whether its FDEs can be carried into a patch.</summary>
/// <param name="Augmentation">"zR" for C; P (personality) or L (language data) mean exception tables.</param>
/// <param name="PointerEncoding">DW_EH_PE of the addresses in its FDEs.</param>
internal readonly record struct CommonEntry(string Augmentation, byte PointerEncoding)
{
    /// <summary>DW_EH_PE_pcrel | DW_EH_PE_sdata4, what GCC and Clang use in position independent and ordinary code alike.</summary>
    public const byte PcRelative4 = 0x1b;

    public bool HasExceptionTables => Augmentation.AsSpan().IndexOfAny('P', 'L') >= 0;

    public bool IsKnown => Augmentation is "zR" or "zRS" && PointerEncoding == PcRelative4;

    /// <summary>Null where the record is damaged.</summary>
    public static CommonEntry? Read(ReadOnlySpan<byte> record)
    {
        const int VersionAt = 8;
        if (record.Length < VersionAt + 2)
        {
            return null;
        }
        var rest = record[(VersionAt + 1)..];
        int end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            return null;
        }
        string augmentation = Encoding.ASCII.GetString(rest[..end]);
        rest = rest[(end + 1)..];
        if (!augmentation.StartsWith("zR", StringComparison.Ordinal))
        {
            return new CommonEntry(augmentation, 0);
        }
        // Code alignment, data alignment, return register, length of the augmentation data: all LEB128.
        for (int i = 0; i < 4; i++)
        {
            int last = rest.IndexOfAnyInRange((byte)0, (byte)0x7f);
            if (last < 0)
            {
                return null;
            }
            rest = rest[(last + 1)..];
        }
        return rest.IsEmpty ? null : new CommonEntry(augmentation, rest[0]);
    }
}
