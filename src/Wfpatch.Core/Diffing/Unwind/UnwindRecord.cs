// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Unwind;

/// <summary>One CIE or FDE of an .eh_frame section, as bytes with its length field. (LSB core 5.0, 10.6.1.)</summary>
/// <param name="Cie">Offset of its CIE; null for a CIE.</param>
internal readonly record struct UnwindRecord(int Offset, ReadOnlyMemory<byte> Bytes, int? Cie)
{
    /// <summary>Where an FDE holds the address of its function.</summary>
    public const int AddressAt = 8;

    /// <summary>The relocated fields of this record of a section, in their order.</summary>
    public IEnumerable<Reference> FieldsIn(Piece section)
    {
        var (start, end) = (Offset, Offset + Bytes.Length);
        return section.References.Where(r => r.Field >= start && r.Field < end);
    }

    /// <summary>The records of a section in their order; null with the reason where it is damaged.</summary>
    public static (ImmutableArray<UnwindRecord>? Records, string? Damage) ReadAll(ReadOnlyMemory<byte> section)
    {
        var records = ImmutableArray.CreateBuilder<UnwindRecord>();
        int at = 0;
        while (at < section.Length)
        {
            if (section.Length - at < 4)
            {
                return (null, $"it ends within a record at {at}");
            }
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(section.Span[at..]);
            if (length == 0)
            {
                break;
            }
            if (length < 4 || length > (uint)(section.Length - at - 4))
            {
                return (null, $"the record at {at} has an impossible length");
            }
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(section.Span[(at + 4)..]);
            long cie = at + 4L - id;
            if (id != 0 && (cie < 0 || id > int.MaxValue))
            {
                return (null, $"the record at {at} names no CIE");
            }
            records.Add(new UnwindRecord(at, section.Slice(at, (int)length + 4), id == 0 ? null : (int)cie));
            at += (int)length + 4;
        }
        return (records.ToImmutable(), null);
    }
}
