// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>What an attribute's value is.</summary>
internal enum DebugValueKind
{
    /// <summary>Only skipped.</summary>
    Other,
    Number,
    Text,

    /// <summary>An offset in the section, not in the unit.</summary>
    GlobalReference,

    /// <summary>The signature of a type unit.</summary>
    Signature,
    Address,

    /// <summary>An expression at the offset <see cref="DebugValue.Number"/>.</summary>
    Expression,
}

internal readonly record struct DebugValue(DebugValueKind Kind, ulong Number = 0, string? Text = null, DebugAddress? Address = null);

/// <summary>Reads and skips attributes by their form (DWARF 5, section 7.5.6; DWARF 4 has a subset; forms above 0x1f00 are GNU's).</summary>
/// <param name="addresses">.debug_addr of the object, also for its split debug information.</param>
internal sealed class DebugForms(DebugBytes info, DebugBytes strings, DebugBytes lineStrings, DebugBytes stringOffsets, DebugBytes addresses)
{
    private const int MostIndirections = 4;

    /// <param name="isTextWanted">False: a text is only skipped.</param>
    public DebugValue Read(ulong form, DebugUnit unit, long implicitConstant, bool isTextWanted, int indirections = 0)
    {
        DebugValue Number(ulong value) => new(DebugValueKind.Number, value);
        DebugValue Skip(ulong length)
        {
            info.Skip(length);
            return default;
        }
        DebugValue Expression(ulong length)
        {
            var value = new DebugValue(DebugValueKind.Expression, (ulong)info.At);
            info.Skip(length);
            return length == 0 ? default : value;
        }
        DebugValue TextAt(DebugBytes section, ulong offset) => isTextWanted ? new(DebugValueKind.Text, Text: section.Text(offset)) : default;
        DebugValue Indexed(ulong index) => isTextWanted ? new(DebugValueKind.Text, Text: IndexedText(index, unit)) : default;
        DebugValue IndexedAddress(ulong index) => new(DebugValueKind.Address, Address: AddressOf(index, unit));
        switch (form)
        {
            case 0x08 when !isTextWanted:
                info.SkipText();
                return default;
            case 0x01:
                int at = info.At;
                info.Skip((ulong)unit.AddressSize);
                return new(DebugValueKind.Address, Address: info.RelocationAt(at) is { } relocation ? new(relocation.Symbol, relocation.Addend) : null);
        }
        return form switch
        {
            0x0b or 0x0c or 0x11 => Number(info.Byte()),
            0x05 or 0x12 => Number(info.Unsigned(2)),
            0x06 or 0x13 or 0x17 or 0x1c or 0x1d => Number(info.Unsigned(4)),
            0x07 or 0x14 or 0x24 => Number(info.Unsigned(8)),
            0x10 => new(DebugValueKind.GlobalReference, info.Unsigned(4)),
            0x20 => new(DebugValueKind.Signature, info.Unsigned(8)),
            0x0d or 0x0f or 0x15 or 0x22 or 0x23 => Number(info.Leb()),
            0x08 => new(DebugValueKind.Text, Text: info.Text()),
            0x0e => TextAt(strings, info.Unsigned(4)),
            0x1f => TextAt(lineStrings, info.Unsigned(4)),
            0x1a or 0x1f02 => Indexed(info.Leb()),
            0x25 => Indexed(info.Unsigned(1)),
            0x26 => Indexed(info.Unsigned(2)),
            0x27 => Indexed(info.Unsigned(3)),
            0x28 => Indexed(info.Unsigned(4)),
            0x1b or 0x1f01 => IndexedAddress(info.Leb()),
            0x29 => IndexedAddress(info.Unsigned(1)),
            0x2a => IndexedAddress(info.Unsigned(2)),
            0x2b => IndexedAddress(info.Unsigned(3)),
            0x2c => IndexedAddress(info.Unsigned(4)),
            0x03 => Skip(info.Unsigned(2)),
            0x04 => Skip(info.Unsigned(4)),
            0x0a => Skip(info.Byte()),
            0x09 => Skip(info.Leb()),
            0x18 => Expression(info.Leb()),
            0x19 => Number(1),
            0x1e => Skip(16),
            0x1f20 or 0x1f21 => Skip(4),
            0x21 => Number((ulong)implicitConstant),
            0x16 when indirections < MostIndirections => Read(info.Leb(), unit, 0, isTextWanted, indirections + 1),
            _ => throw new MalformedDebugException("has a form that is not known"),
        };
    }

    /// <summary>The address that an expression of one operation pushes (DWARF 5, section 7.7.1), also one for thread-local variables; else null.</summary>
    public DebugAddress? AddressIn(ulong expression, DebugUnit unit)
    {
        int back = info.At;
        info.Go(expression);
        byte operation = info.Byte();
        var address = operation switch
        {
            // DW_OP_addr, and DW_OP_const8u before one for thread-local variables.
            0x03 or 0x0e => info.RelocationAt(info.At) is { } relocation ? new DebugAddress(relocation.Symbol, relocation.Addend) : (DebugAddress?)null,
            // DW_OP_addrx and DW_OP_constx; GNU's of DWARF 4.
            0xa1 or 0xa2 or 0xfb or 0xfc => AddressOf(info.Leb(), unit),
            _ => null,
        };
        info.At = back;
        return address;
    }

    private string IndexedText(ulong index, DebugUnit unit)
    {
        ulong at = unit.StringOffsets + (index * 4);
        if (index > uint.MaxValue || at + 4 > (ulong)stringOffsets.Length)
        {
            return "";
        }
        stringOffsets.Go(at);
        return strings.Text(stringOffsets.Unsigned(4));
    }

    private DebugAddress? AddressOf(ulong index, DebugUnit unit) =>
        index <= int.MaxValue && unit.Addresses + (index * (ulong)unit.AddressSize) is var at && at <= int.MaxValue && addresses.RelocationAt((int)at) is { } relocation
            ? new DebugAddress(relocation.Symbol, relocation.Addend)
            : null;
}
