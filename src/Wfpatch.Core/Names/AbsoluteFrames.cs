// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Names;

/// <summary>
/// The unwind tables of several images as one .eh_frame whose addresses are absolute, so that it may stand in a file: CIEs without
/// augmentation, FDEs with eight bytes for an address (LSB core 5.0, 10.6.1). Debuggers need no more of it than the frames.
/// </summary>
internal sealed class AbsoluteFrames
{
    private const int Alignment = 8;

    private readonly List<byte> _bytes = [];
    private readonly Dictionary<CommonEntry, int> _commons = [];

    public static byte[] Of(IEnumerable<UnwindTable> tables)
    {
        var frames = new AbsoluteFrames();
        foreach (var table in tables)
        {
            frames._commons.Clear();
            for (int i = 0; i < table.Functions.Length; i++)
            {
                frames.Add(table, i);
            }
        }
        return [.. frames._bytes];
    }

    private void Add(UnwindTable table, int index)
    {
        var (common, instructions) = table.Rules(index);
        if (!_commons.TryGetValue(common, out int commonAt))
        {
            const byte Version = 1, ReturnAddressColumn = 16;
            _commons.Add(common, commonAt = _bytes.Count);
            Record(0, [
                Version, 0, .. Leb(common.CodeAlignment), .. SignedLeb(common.DataAlignment), ReturnAddressColumn,
                .. table.Bytes.Slice(common.InstructionsStart, common.InstructionsLength)]);
        }
        var range = table.Functions[index];
        byte[] addresses = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(addresses, range.Start.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(addresses.AsSpan(8), range.Length);
        Record((uint)(_bytes.Count + 4 - commonAt), [.. addresses, .. instructions]);
    }

    private void Record(uint id, ReadOnlySpan<byte> body)
    {
        int length = (4 + body.Length + 4 + Alignment - 1) / Alignment * Alignment - 4;
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], id);
        _bytes.AddRange(head);
        _bytes.AddRange(body);
        _bytes.AddRange(new byte[length - 4 - body.Length]); // DW_CFA_nop
    }

    private static ImmutableArray<byte> Leb(ulong value)
    {
        var bytes = ImmutableArray.CreateBuilder<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        bytes.Add((byte)value);
        return bytes.ToImmutable();
    }

    private static ImmutableArray<byte> SignedLeb(long value)
    {
        var bytes = ImmutableArray.CreateBuilder<byte>();
        for (; value is < -0x40 or >= 0x40; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        bytes.Add((byte)(value & 0x7f));
        return bytes.ToImmutable();
    }
}
