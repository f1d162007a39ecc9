// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Types;

/// <summary>An attribute's value: a number (constants, offsets, references) or a text; the rest is only skipped.</summary>
internal readonly record struct DebugValue(ulong Number, string? Text, bool IsGlobalReference);

/// <summary>Reads and skips attributes by their form (DWARF 5, section 7.5.6; DWARF 4 has a subset; forms above 0x1f00 are GNU's).</summary>
internal sealed class DebugForms(DebugBytes info, DebugBytes strings, DebugBytes lineStrings, DebugBytes stringOffsets)
{
    public ulong StringOffsetsBase { get; set; } = 8;

    public DebugValue Read(ulong form, int addressSize, long implicitConstant)
    {
        DebugValue Number(ulong value) => new(value, null, false);
        DebugValue Skip(ulong length)
        {
            info.Skip(length);
            return default;
        }
        return form switch
        {
            0x01 => Number(info.Unsigned(addressSize)),
            0x0b or 0x0c or 0x11 => Number(info.Byte()),
            0x05 or 0x12 => Number(info.Unsigned(2)),
            0x06 or 0x13 or 0x17 => Number(info.Unsigned(4)),
            0x07 or 0x14 or 0x20 => Number(info.Unsigned(8)),
            0x10 => new(info.Unsigned(4), null, true),
            0x0d or 0x0f or 0x15 or 0x1b or 0x22 or 0x23 => Number(info.Leb()),
            0x08 => new(0, info.Text(), false),
            0x0e => new(0, strings.Text(info.Unsigned(4)), false),
            0x1f => new(0, lineStrings.Text(info.Unsigned(4)), false),
            0x1a => Indexed(info.Leb()),
            0x25 => Indexed(info.Unsigned(1)),
            0x26 => Indexed(info.Unsigned(2)),
            0x27 => Indexed(info.Unsigned(3)),
            0x28 => Indexed(info.Unsigned(4)),
            0x29 => Skip(1),
            0x2a => Skip(2),
            0x2b => Skip(3),
            0x2c => Skip(4),
            0x03 => Skip(info.Unsigned(2)),
            0x04 => Skip(info.Unsigned(4)),
            0x0a => Skip(info.Byte()),
            0x09 or 0x18 => Skip(info.Leb()),
            0x19 => Number(1),
            0x1e => Skip(16),
            0x21 => Number((ulong)implicitConstant),
            0x16 => Read(info.Leb(), addressSize, 0),
            _ => throw new MalformedDebugException(),
        };
    }

    // DW_AT_str_offsets_base comes behind the unit's name: texts of the unit itself may be wrong before, which nobody compares.
    private DebugValue Indexed(ulong index)
    {
        ulong at = StringOffsetsBase + (index * 4);
        if (at + 4 > (ulong)stringOffsets.Length)
        {
            return default;
        }
        stringOffsets.At = (int)at;
        return new(0, strings.Text(stringOffsets.Unsigned(4)), false);
    }
}
