// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Core.Diffing.Unwind;

/// <summary>What of a CIE decides whether its FDEs can be carried into a patch.</summary>
/// <param name="Augmentation">"zR" for C; P (personality) and L (language data) mean exception tables.</param>
/// <param name="PointerEncoding">DW_EH_PE of the addresses in its FDEs.</param>
internal readonly record struct CommonEntry(string Augmentation, byte PointerEncoding)
{
    /// <summary>DW_EH_PE_pcrel | DW_EH_PE_sdata4, what GCC and Clang use in position independent and ordinary code alike.</summary>
    public const byte PcRelative4 = 0x1b;

    /// <summary>What GCC and Clang make: for ordinary functions, for signal frames, and for those with an exception table.</summary>
    public bool IsKnown => Augmentation is "zR" or "zRS" or "zPLR" or "zPR" && PointerEncoding == PcRelative4;

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
        if (!augmentation.StartsWith('z'))
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
        return ReadPointerEncoding(augmentation.AsSpan(1), rest) is { } encoding ? new CommonEntry(augmentation, encoding) : null;
    }

    // The augmentation data stand in the order of the letters.
    private static byte? ReadPointerEncoding(ReadOnlySpan<char> letters, ReadOnlySpan<byte> data)
    {
        foreach (char letter in letters)
        {
            int length = letter switch
            {
                'R' or 'L' => 1,
                'P' when !data.IsEmpty && WidthOf(data[0]) is { } width => 1 + width,
                'S' => 0,
                _ => int.MaxValue,
            };
            if (length > data.Length)
            {
                return letter is 'P' or 'L' or 'R' or 'S' ? null : (byte)0;
            }
            if (letter == 'R')
            {
                return data[0];
            }
            data = data[length..];
        }
        return 0;
    }

    // DW_EH_PE_absptr, udata4, udata8, sdata4, sdata8; whatever the address counts from.
    private static int? WidthOf(byte encoding) => (encoding & 0x0f) switch
    {
        0x00 or 0x04 or 0x0c => 8,
        0x03 or 0x0b => 4,
        _ => null,
    };
}
