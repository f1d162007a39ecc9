// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Elf;

/// <summary>A note of an object (System V ABI, chapter 5, "Note Section").</summary>
/// <param name="Owner">The name that says whose types these are.</param>
/// <param name="Description">Where its content lies in memory.</param>
public sealed record ElfNote(string Owner, uint Type, Address Description, ReadOnlyMemory<byte> Bytes)
{
    private const int HeadLength = 12;
    private const ulong LongestSegment = 1 << 22;

    /// <summary>The notes of one PT_NOTE segment, up to its end or to the first that cannot be.</summary>
    /// <param name="alignment">p_align: 8, or 4 for everything else. Names and contents are padded to it.</param>
    public static ImmutableArray<ElfNote> ReadSegment(IMemory memory, AddressRange range, ulong alignment)
    {
        if (range.Length is 0 or > LongestSegment || memory.ReadWhole(range.Start, range.Length) is not { } bytes)
        {
            return [];
        }
        long mask = alignment == 8 ? 7 : 3;
        var notes = ImmutableArray.CreateBuilder<ElfNote>();
        for (long at = 0; at + HeadLength <= bytes.Length;)
        {
            var head = bytes.AsSpan((int)at, HeadLength);
            uint ownerSize = BinaryPrimitives.ReadUInt32LittleEndian(head);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            long description = (at + HeadLength + ownerSize + mask) & ~mask;
            if (description + size > bytes.Length)
            {
                break;
            }
            string owner = Encoding.UTF8.GetString(bytes, (int)at + HeadLength, (int)ownerSize).TrimEnd('\0');
            notes.Add(new ElfNote(
                owner, BinaryPrimitives.ReadUInt32LittleEndian(head[8..]), range.Start + description, bytes.AsMemory((int)description, (int)size)));
            at = (description + size + mask) & ~mask;
        }
        return notes.ToImmutable();
    }
}
