// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>How a pointer of an exception frame is written: DW_EH_PE_* of the LSB, "DWARF Exception Header Encoding".</summary>
internal static class PointerEncoding
{
    public const byte Omitted = 0xff;
    public const byte Absolute = 0;

    private const byte FormatMask = 0x0f;
    private const byte ApplicationMask = 0x70;
    private const byte ProgramRelative = 0x10;
    private const byte DataRelative = 0x30;
    private const byte Indirect = 0x80;

    /// <summary>Bytes that a value takes; 0 for LEB128 and unknown formats.</summary>
    public static int SizeOf(byte encoding) => (encoding & FormatMask) switch
    {
        0 or 4 or 12 => 8,
        2 or 10 => 2,
        3 or 11 => 4,
        _ => 0,
    };

    /// <summary>Reads the value alone (a length, or a pointer that is only skipped), without what it is relative to.</summary>
    public static bool TryReadValue(ref DwarfReader reader, byte encoding, out ulong value)
    {
        bool known = true;
        value = (encoding & FormatMask) switch
        {
            0 or 4 or 12 => reader.ReadUInt64(),
            1 => reader.ReadUnsignedLeb(),
            2 => reader.ReadUInt16(),
            3 => reader.ReadUInt32(),
            9 => (ulong)reader.ReadSignedLeb(),
            10 => (ulong)(short)reader.ReadUInt16(),
            11 => (ulong)(int)reader.ReadUInt32(),
            _ => Unknown(out known),
        };
        return known && !reader.IsBroken;
    }

    /// <summary>Reads an address. Relative to the program counter means to where the value itself lies.</summary>
    /// <param name="bytesAt">The address of the first byte that the reader reads.</param>
    /// <param name="dataBase">What DW_EH_PE_datarel counts from; null where that has no meaning.</param>
    public static bool TryReadAddress(ref DwarfReader reader, byte encoding, Address bytesAt, Address? dataBase, out Address address)
    {
        address = default;
        ulong place = bytesAt.Value + (ulong)reader.Position;
        if ((encoding & Indirect) != 0 || !TryReadValue(ref reader, encoding, out ulong value))
        {
            return false;
        }
        switch (encoding & ApplicationMask)
        {
            case 0:
                address = new Address(value);
                return true;
            case ProgramRelative:
                address = new Address(unchecked(place + value));
                return true;
            case DataRelative when dataBase is { } origin:
                address = new Address(unchecked(origin.Value + value));
                return true;
            default:
                return false;
        }
    }

    private static ulong Unknown(out bool known)
    {
        known = false;
        return 0;
    }
}
