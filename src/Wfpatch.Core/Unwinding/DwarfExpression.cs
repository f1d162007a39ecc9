// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// A DWARF expression as call frame instructions use them (DWARF 5, sections 2.5.1 and 6.4.2): no calls, no objects, no types.
/// A stack of 32 values, at most 512 steps, no allocation.
/// </summary>
internal ref struct DwarfExpression
{
    private const int StackSize = 32;
    private const int MaximumSteps = 512;

    private readonly ref readonly FrameRegisters _registers;
    private Values _stack;
    private DwarfReader _reader;
    private int _depth;
    private UnwindFailureReason _failure;

    private DwarfExpression(ReadOnlySpan<byte> expression, ref readonly FrameRegisters registers)
    {
        _reader = new DwarfReader(expression);
        _registers = ref registers;
    }

    /// <param name="initial">The value that is on the stack at the start: the frame's address for a register's rule, null for the frame's address itself.</param>
    public static UnwindFailureReason Evaluate(
        ReadOnlySpan<byte> expression, ref readonly FrameRegisters registers, ref StackWindow memory, ulong? initial, out ulong value)
    {
        var run = new DwarfExpression(expression, in registers);
        if (initial is { } first)
        {
            run.Push(first);
        }
        run.Run(ref memory);
        value = run.Pop();
        return run._failure;
    }

    private void Run(ref StackWindow memory)
    {
        for (int step = 0; !_reader.AtEnd && _failure == UnwindFailureReason.None; step++)
        {
            if (step == MaximumSteps)
            {
                Fail(UnwindFailureReason.ExpressionTooLong);
                return;
            }
            Step(_reader.ReadByte(), ref memory);
            if (_reader.IsBroken)
            {
                Fail(UnwindFailureReason.UnsupportedExpression);
            }
        }
    }

    private void Step(byte operation, ref StackWindow memory)
    {
        switch (operation)
        {
            case >= 0x30 and <= 0x4f: // DW_OP_lit0..31
                Push(operation - 0x30u);
                break;
            case >= 0x70 and <= 0x8f: // DW_OP_breg0..31
                PushRegister(operation - 0x70u);
                break;
            case 0x92: // DW_OP_bregx
                PushRegister((uint)Math.Min(_reader.ReadUnsignedLeb(), uint.MaxValue));
                break;
            case 0x96: // DW_OP_nop
                break;
            case >= 0x08 and <= 0x11:
                Push(ReadConstant(operation));
                break;
            case >= 0x12 and <= 0x17:
                Rearrange(operation);
                break;
            case 0x06: // DW_OP_deref
                Dereference(8, ref memory);
                break;
            case 0x94: // DW_OP_deref_size
                Dereference(_reader.ReadByte(), ref memory);
                break;
            case 0x19: // DW_OP_abs
                Push(Pop() is var magnitude && (long)magnitude < 0 ? unchecked(0 - magnitude) : magnitude);
                break;
            case 0x1f: // DW_OP_neg
                Push(unchecked(0 - Pop()));
                break;
            case 0x20: // DW_OP_not
                Push(~Pop());
                break;
            case 0x23: // DW_OP_plus_uconst
                Push(unchecked(Pop() + _reader.ReadUnsignedLeb()));
                break;
            case 0x28: // DW_OP_bra
                Branch((short)_reader.ReadUInt16(), Pop() != 0);
                break;
            case 0x2f: // DW_OP_skip
                Branch((short)_reader.ReadUInt16(), true);
                break;
            default:
                Combine(operation);
                break;
        }
    }

    private ulong ReadConstant(byte operation) => operation switch
    {
        0x08 => _reader.ReadByte(),
        0x09 => (ulong)(sbyte)_reader.ReadByte(),
        0x0a => _reader.ReadUInt16(),
        0x0b => (ulong)(short)_reader.ReadUInt16(),
        0x0c => _reader.ReadUInt32(),
        0x0d => (ulong)(int)_reader.ReadUInt32(),
        0x0e or 0x0f => _reader.ReadUInt64(),
        0x10 => _reader.ReadUnsignedLeb(),
        _ => (ulong)_reader.ReadSignedLeb(),
    };

    private void Rearrange(byte operation)
    {
        switch (operation)
        {
            case 0x12: // DW_OP_dup
                Pick(0);
                break;
            case 0x13: // DW_OP_drop
                Pop();
                break;
            case 0x14: // DW_OP_over
                Pick(1);
                break;
            case 0x15: // DW_OP_pick
                Pick(_reader.ReadByte());
                break;
            case 0x16: // DW_OP_swap
                {
                    ulong top = Pop();
                    ulong second = Pop();
                    Push(top);
                    Push(second);
                    break;
                }
            default: // DW_OP_rot: the top one goes below the two others
                {
                    ulong top = Pop();
                    ulong second = Pop();
                    ulong third = Pop();
                    Push(top);
                    Push(third);
                    Push(second);
                    break;
                }
        }
    }

    private void Combine(byte operation)
    {
        ulong right = Pop();
        ulong left = Pop();
        bool isDivision = operation is 0x1b or 0x1d;
        if (isDivision && right == 0)
        {
            Fail(UnwindFailureReason.UnsupportedExpression);
            return;
        }
        Push(operation switch
        {
            0x1a => left & right,
            0x1b => right == ulong.MaxValue ? unchecked(0 - left) : (ulong)((long)left / (long)right),
            0x1c => unchecked(left - right),
            0x1d => left % right,
            0x1e => unchecked(left * right),
            0x21 => left | right,
            0x22 => unchecked(left + right),
            0x24 => right < 64 ? left << (int)right : 0,
            0x25 => right < 64 ? left >> (int)right : 0,
            0x26 => (ulong)((long)left >> (int)Math.Min(right, 63)),
            0x27 => left ^ right,
            0x29 => left == right ? 1u : 0,
            0x2a => (long)left >= (long)right ? 1u : 0,
            0x2b => (long)left > (long)right ? 1u : 0,
            0x2c => (long)left <= (long)right ? 1u : 0,
            0x2d => (long)left < (long)right ? 1u : 0,
            0x2e => left != right ? 1u : 0,
            _ => Unknown(),
        });
    }

    private ulong Unknown()
    {
        Fail(UnwindFailureReason.UnsupportedExpression);
        return 0;
    }

    private void Branch(short distance, bool taken)
    {
        if (taken)
        {
            _reader.MoveTo(_reader.Position + distance);
        }
    }

    private void PushRegister(uint register)
    {
        long offset = _reader.ReadSignedLeb();
        if (!_registers.TryGet(register, out ulong value))
        {
            Fail(UnwindFailureReason.RegisterLost);
        }
        Push(unchecked(value + (ulong)offset));
    }

    private void Dereference(byte size, ref StackWindow memory)
    {
        ulong address = Pop();
        if (size is not (1 or 2 or 4 or 8))
        {
            Fail(UnwindFailureReason.UnsupportedExpression);
            return;
        }
        if (_failure != UnwindFailureReason.None || !memory.TryRead(new Address(address), out ulong value))
        {
            Fail(UnwindFailureReason.UnreadableMemory);
            return;
        }
        Push(size == 8 ? value : value & ((1UL << (size * 8)) - 1));
    }

    private void Pick(int index)
    {
        if (index >= _depth)
        {
            Fail(UnwindFailureReason.UnsupportedExpression);
            return;
        }
        Push(_stack[_depth - 1 - index]);
    }

    private void Push(ulong value)
    {
        if (_depth == StackSize)
        {
            Fail(UnwindFailureReason.ExpressionTooLong);
            return;
        }
        _stack[_depth++] = value;
    }

    private ulong Pop()
    {
        if (_depth > 0)
        {
            return _stack[--_depth];
        }
        Fail(UnwindFailureReason.UnsupportedExpression);
        return 0;
    }

    // The first failure is the cause, later ones follow from it.
    private void Fail(UnwindFailureReason reason)
    {
        if (_failure == UnwindFailureReason.None)
        {
            _failure = reason;
        }
    }

    [InlineArray(StackSize)]
    private struct Values
    {
        private ulong _first;
    }
}
