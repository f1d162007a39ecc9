// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Runs call frame instructions up to one program counter (DWARF 5, section 6.4.2; the GNU ones: LSB, "DWARF Extensions").
/// It allocates nothing and ends for every input: each instruction takes at least one byte of its range.
/// </summary>
internal ref struct CallFrameProgram
{
    // Compilers nest remember_state once or twice.
    private const int SavedRows = 8;

    private readonly ReadOnlySpan<byte> _table;
    private readonly Address _tableAt;
    private readonly CommonEntry _common;
    private readonly Span<FrameRow> _saved;
    private readonly ref readonly FrameRow _initial;
    private readonly bool _isCommonPart;
    private ref FrameRow _row;
    private Address _location;
    private int _savedCount;

    private CallFrameProgram(
        ReadOnlySpan<byte> table, Address tableAt, CommonEntry common, Span<FrameRow> saved, ref FrameRow row, ref readonly FrameRow initial,
        bool isCommonPart, Address start)
    {
        _table = table;
        _tableAt = tableAt;
        _common = common;
        _saved = saved;
        _row = ref row;
        _initial = ref initial;
        _isCommonPart = isCommonPart;
        _location = start;
    }

    /// <summary>The row for <paramref name="at"/>, an address within the function.</summary>
    /// <param name="table">The table's bytes, which <paramref name="common"/> and <paramref name="function"/> point into.</param>
    /// <param name="start">The function's first address.</param>
    [SkipLocalsInit]
    public static UnwindFailureReason Run(
        ReadOnlySpan<byte> table, Address tableAt, in CommonEntry common, in FunctionEntry function, Address start, Address at, ref FrameRow row)
    {
        Span<FrameRow> saved = stackalloc FrameRow[SavedRows];
        row = default;
        FrameRow initial;
        Unsafe.SkipInit(out initial);
        var commonPart = new CallFrameProgram(table, tableAt, common, saved, ref row, ref initial, true, start);
        var reason = commonPart.Run(common.InstructionsStart, common.InstructionsLength, at);
        if (reason != UnwindFailureReason.None)
        {
            return reason;
        }
        initial = row;
        var ownPart = new CallFrameProgram(table, tableAt, common, saved, ref row, ref initial, false, start);
        reason = ownPart.Run(function.InstructionsStart, function.InstructionsLength, at);
        return reason == UnwindFailureReason.None && row.FrameAddress.Kind == FrameRuleKind.Unspecified
            ? UnwindFailureReason.MalformedInstructions
            : reason;
    }

    private UnwindFailureReason Run(int start, int length, Address at)
    {
        // The reader is given the table from its start on, so that positions are offsets in the table.
        var reader = new DwarfReader(_table[..(start + length)]);
        reader.MoveTo(start);
        while (!reader.AtEnd)
        {
            var reason = Step(ref reader);
            if (reader.IsBroken)
            {
                return UnwindFailureReason.MalformedInstructions;
            }
            if (reason != UnwindFailureReason.None)
            {
                return reason;
            }
            if (_location > at)
            {
                break;
            }
        }
        return UnwindFailureReason.None;
    }

    private UnwindFailureReason Step(ref DwarfReader reader)
    {
        byte instruction = reader.ReadByte();
        uint low = instruction & 0x3fu;
        switch (instruction >> 6)
        {
            case 1: // DW_CFA_advance_loc
                return Advance(low);
            case 2: // DW_CFA_offset
                return SetRule(low, new FrameRule(FrameRuleKind.Offset, 0, Factored(reader.ReadUnsignedLeb())));
            case 3: // DW_CFA_restore
                return Restore(low);
            default:
                return StepExtended(low, ref reader);
        }
    }

    private UnwindFailureReason StepExtended(uint instruction, ref DwarfReader reader)
    {
        switch (instruction)
        {
            case 0x00: // DW_CFA_nop
                return UnwindFailureReason.None;
            case 0x01: // DW_CFA_set_loc
                return SetLocation(ref reader);
            case 0x02: // DW_CFA_advance_loc1
                return Advance(reader.ReadByte());
            case 0x03: // DW_CFA_advance_loc2
                return Advance(reader.ReadUInt16());
            case 0x04: // DW_CFA_advance_loc4
                return Advance(reader.ReadUInt32());
            case 0x05: // DW_CFA_offset_extended
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.Offset, 0, Factored(reader.ReadUnsignedLeb())));
            case 0x06: // DW_CFA_restore_extended
                return Restore(reader.ReadUnsignedLeb());
            case 0x07: // DW_CFA_undefined
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.Undefined));
            case 0x08: // DW_CFA_same_value
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.SameValue));
            case 0x09: // DW_CFA_register
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.Register, Narrow(reader.ReadUnsignedLeb())));
            case 0x0a: // DW_CFA_remember_state
                return Remember();
            case 0x0b: // DW_CFA_restore_state
                return Recall();
            case 0x0c: // DW_CFA_def_cfa
                return SetFrameAddress(Narrow(reader.ReadUnsignedLeb()), (long)reader.ReadUnsignedLeb());
            case 0x0d: // DW_CFA_def_cfa_register
                return ChangeFrameRegister(Narrow(reader.ReadUnsignedLeb()));
            case 0x0e: // DW_CFA_def_cfa_offset
                return ChangeFrameOffset((long)reader.ReadUnsignedLeb());
            case 0x0f: // DW_CFA_def_cfa_expression
                return SetFrameExpression(ref reader);
            case 0x10: // DW_CFA_expression
                return SetRule(reader.ReadUnsignedLeb(), ReadExpression(FrameRuleKind.Expression, ref reader));
            case 0x11: // DW_CFA_offset_extended_sf
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.Offset, 0, Factored((ulong)reader.ReadSignedLeb())));
            case 0x12: // DW_CFA_def_cfa_sf
                return SetFrameAddress(Narrow(reader.ReadUnsignedLeb()), Factored((ulong)reader.ReadSignedLeb()));
            case 0x13: // DW_CFA_def_cfa_offset_sf
                return ChangeFrameOffset(Factored((ulong)reader.ReadSignedLeb()));
            case 0x14: // DW_CFA_val_offset
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.ValueOffset, 0, Factored(reader.ReadUnsignedLeb())));
            case 0x15: // DW_CFA_val_offset_sf
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.ValueOffset, 0, Factored((ulong)reader.ReadSignedLeb())));
            case 0x16: // DW_CFA_val_expression
                return SetRule(reader.ReadUnsignedLeb(), ReadExpression(FrameRuleKind.ValueExpression, ref reader));
            case 0x2e: // DW_CFA_GNU_args_size: what the caller pushed, of no use here
                reader.ReadUnsignedLeb();
                return UnwindFailureReason.None;
            case 0x2f: // DW_CFA_GNU_negative_offset_extended
                return SetRule(reader.ReadUnsignedLeb(), new FrameRule(FrameRuleKind.Offset, 0, unchecked(-Factored(reader.ReadUnsignedLeb()))));
            default:
                return UnwindFailureReason.UnsupportedInstruction;
        }
    }

    private readonly long Factored(ulong offset) => unchecked((long)offset * _common.DataAlignment);

    private static byte Narrow(ulong register) => (byte)Math.Min(register, byte.MaxValue);

    private static FrameRule ReadExpression(FrameRuleKind kind, ref DwarfReader reader)
    {
        ulong length = reader.ReadUnsignedLeb();
        int start = reader.Position;
        reader.Skip(length);
        return reader.IsBroken ? default : FrameRule.AtExpression(kind, start, (int)length);
    }

    // A location that wraps round would make later rows hold for earlier code.
    private UnwindFailureReason Advance(ulong delta) =>
        MoveTo(new Address(unchecked(_location.Value + (delta * _common.CodeAlignment))));

    private UnwindFailureReason SetLocation(ref DwarfReader reader) =>
        PointerEncoding.TryReadAddress(ref reader, _common.PointerEncoding, _tableAt, null, out var location)
            ? MoveTo(location)
            : UnwindFailureReason.MalformedInstructions;

    private UnwindFailureReason MoveTo(Address location)
    {
        if (location < _location || _isCommonPart)
        {
            return UnwindFailureReason.MalformedInstructions;
        }
        _location = location;
        return UnwindFailureReason.None;
    }

    // Numbers above 16 are vector, x87 and flag registers: no frame is found through them, so their rules are not kept.
    private readonly UnwindFailureReason SetRule(ulong register, FrameRule rule)
    {
        if (register < RegisterSet.Count)
        {
            _row[(Register)register] = rule;
        }
        return UnwindFailureReason.None;
    }

    private readonly UnwindFailureReason Restore(ulong register)
    {
        if (_isCommonPart)
        {
            return UnwindFailureReason.MalformedInstructions;
        }
        return register < RegisterSet.Count ? SetRule(register, _initial[(Register)register]) : UnwindFailureReason.None;
    }

    private UnwindFailureReason Remember()
    {
        if (_savedCount == _saved.Length)
        {
            return UnwindFailureReason.UnsupportedInstruction;
        }
        _saved[_savedCount++] = _row;
        return UnwindFailureReason.None;
    }

    private UnwindFailureReason Recall()
    {
        if (_savedCount == 0)
        {
            return UnwindFailureReason.MalformedInstructions;
        }
        _row = _saved[--_savedCount];
        return UnwindFailureReason.None;
    }

    private readonly UnwindFailureReason SetFrameAddress(byte register, long offset)
    {
        _row.LastOffset = offset;
        _row.FrameAddress = new FrameRule(FrameRuleKind.Register, register, offset);
        return UnwindFailureReason.None;
    }

    // DWARF forbids the next two behind an expression. Assembler code of cryptography libraries does it, and means what the
    // GNU unwinder makes of it: the offset is kept beside the expression, and a register takes it up again.
    private readonly UnwindFailureReason ChangeFrameRegister(byte register) =>
        _row.FrameAddress.Kind == FrameRuleKind.Unspecified
            ? UnwindFailureReason.MalformedInstructions
            : SetFrameAddress(register, _row.LastOffset);

    private readonly UnwindFailureReason ChangeFrameOffset(long offset)
    {
        switch (_row.FrameAddress.Kind)
        {
            case FrameRuleKind.Unspecified:
                return UnwindFailureReason.MalformedInstructions;
            case FrameRuleKind.Register:
                return SetFrameAddress(_row.FrameAddress.Register, offset);
            default:
                _row.LastOffset = offset;
                return UnwindFailureReason.None;
        }
    }

    private readonly UnwindFailureReason SetFrameExpression(ref DwarfReader reader)
    {
        _row.FrameAddress = ReadExpression(FrameRuleKind.ValueExpression, ref reader);
        return UnwindFailureReason.None;
    }
}
