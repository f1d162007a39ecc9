// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Diffing.Unwind;

namespace Wfpatch.Core.Linking;

/// <summary>
/// What the target's own unwinder is shown of new code: where each function's call frame information stands. It lies behind the
/// unwind table of its image and never changes; images are a list, the newest first, of which the target knows the head.
/// <code>
///  +0   next index, 0 at the end     +16   end of the image's code
///  +8   start of the image           +24   count
/// +32   for each function, by address: start, end, FDE
/// </code>
/// All are quadwords. FrameLookupTrampoline is the code that searches it.
/// </summary>
internal static class FrameIndex
{
    public const int HeadSize = 32;
    public const int EntrySize = 24;

    /// <summary>Bytes that the index of an unwind table takes.</summary>
    public static long SizeFor(ReadOnlyMemory<byte> unwindTable) =>
        UnwindRecord.ReadAll(unwindTable).Records is { } records ? HeadSize + ((long)EntrySize * records.Count(r => r.Cie is not null)) : HeadSize;

    /// <summary>Fills the index of a linked image.</summary>
    /// <param name="image">All bytes of the image, which will stand at <paramref name="start"/>, the unwind table linked.</param>
    /// <param name="next">The index of the image before; zero: there is none.</param>
    /// <returns>False where an entry is of a form that is not understood.</returns>
    public static bool TryWrite(byte[] image, ImageLayout layout, Address start, Address next)
    {
        var table = image.AsMemory((int)layout.UnwindStart, (int)(layout.UnwindEnd - layout.UnwindStart));
        var functions = new List<(AddressRange Range, Address Entry)>();
        foreach (var record in UnwindRecord.ReadAll(table).Records?.Where(r => r.Cie is not null) ?? [])
        {
            if (Read(table.Span, record, start + layout.UnwindStart) is not { } range)
            {
                return false;
            }
            functions.Add((range, start + layout.UnwindStart + record.Offset));
        }
        functions.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        var index = image.AsSpan((int)layout.FrameIndexStart);
        Put(index, next.Value, start.Value, (start + layout.CodeEnd).Value, (ulong)functions.Count);
        for (int i = 0; i < functions.Count; i++)
        {
            var (range, entry) = functions[i];
            Put(index[(HeadSize + (EntrySize * i))..], range.Start.Value, range.End.Value, entry.Value);
        }
        return true;
    }

    private static AddressRange? Read(ReadOnlySpan<byte> table, UnwindRecord record, Address tableAt)
    {
        const int LengthAt = UnwindRecord.AddressAt + 4;
        if (record.Bytes.Length < LengthAt + 4 || record.Cie is not >= 0 || record.Cie >= table.Length
            || Diffing.Unwind.CommonEntry.Read(table[record.Cie.Value..]) is not { PointerEncoding: Diffing.Unwind.CommonEntry.PcRelative4 })
        {
            return null;
        }
        int distance = BinaryPrimitives.ReadInt32LittleEndian(record.Bytes.Span[UnwindRecord.AddressAt..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(record.Bytes.Span[LengthAt..]);
        return AddressRange.OfLength(tableAt + record.Offset + UnwindRecord.AddressAt + distance, length);
    }

    private static void Put(Span<byte> at, params ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(at[(i * 8)..], words[i]);
        }
    }
}
