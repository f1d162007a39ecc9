// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>Checks that the joined unwind tables are whole entries up to the terminator, and each FDE belongs to a CIE before it
/// (LSB core specification, section 10.6, "Exception Frames"). What the entries say is the unwinder's matter.</summary>
internal static class UnwindTableCheck
{
    public static ImmutableArray<Refusal> Check(ReadOnlySpan<byte> image, ImageLayout layout, ObjectPatch patch)
    {
        if (!layout.HasUnwindTable)
        {
            return [];
        }
        var commons = new HashSet<int>();
        for (int at = (int)layout.UnwindStart; at < layout.UnwindEnd;)
        {
            if (Next(image[at..(int)layout.UnwindEnd], at, commons) is not { } length)
            {
                return [Damaged(patch, at - layout.UnwindStart)];
            }
            at += length;
        }
        return [];
    }

    public static Refusal Damaged(ObjectPatch patch, long offset)
    {
        string subject = patch.Sections.First(s => s.Kind == PatchSectionKind.UnwindTable).Name;
        return LinkRefusals.UnwindTableDamaged.About(subject, $"The unwind table of the new code is damaged at offset 0x{offset:x}, or of an unknown form; build the patch again.");
    }

    // The entry's whole length, or null. Zero would be a terminator, 0xffffffff a 64-bit length: neither stands in an object file.
    private static int? Next(ReadOnlySpan<byte> rest, int at, HashSet<int> commons)
    {
        if (rest.Length < 8)
        {
            return null;
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        uint back = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (length < 4 || length > (uint)rest.Length - 4)
        {
            return null;
        }
        if (back == 0)
        {
            commons.Add(at);
        }
        else if (back > int.MaxValue || !commons.Contains(at + 4 - (int)back))
        {
            return null;
        }
        return (int)length + 4;
    }
}
