// SPDX-License-Identifier: Apache-2.0
using System.Numerics;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>The step from one frame to its caller by a row of rules (DWARF 5, section 6.4.3).</summary>
internal ref struct FrameStep
{
    // Bytes below the stack pointer that a signal does not touch (psABI, section 3.2.2).
    private const ulong RedZone = 128;

    private readonly ReadOnlySpan<byte> _table;
    private readonly ref readonly FrameRow _row;
    private readonly ref readonly FrameRegisters _callee;
    private readonly bool _isSignalFrame;
    private readonly bool _isExact;

    public FrameStep(ReadOnlySpan<byte> table, ref readonly FrameRow row, ref readonly FrameRegisters callee, bool isExact, bool isSignalFrame)
    {
        _table = table;
        _row = ref row;
        _callee = ref callee;
        _isExact = isExact;
        _isSignalFrame = isSignalFrame;
    }

    public Address FrameAddress { get; private set; }

    public Address ReturnAddressSlot { get; private set; }

    /// <summary>True where the tables say that there is no caller.</summary>
    public bool IsOutermost { get; private set; }

    /// <summary>Fills <paramref name="caller"/>, unless this is the outermost frame.</summary>
    public UnwindFailureReason Run(ref StackWindow memory, ref FrameRegisters caller)
    {
        var reason = FindFrameAddress(ref memory, out ulong frameAddress);
        IsOutermost = _row[Register.Rip].Kind == FrameRuleKind.Undefined;
        if (IsOutermost)
        {
            // The rule for its frame address need not mean anything.
            FrameAddress = reason == UnwindFailureReason.None ? new Address(frameAddress) : Address.Zero;
            return UnwindFailureReason.None;
        }
        if (reason != UnwindFailureReason.None)
        {
            return reason;
        }
        FrameAddress = new Address(frameAddress);
        if (!IsPlausible(frameAddress))
        {
            return UnwindFailureReason.ImplausibleFrame;
        }
        caller = _callee;
        caller.ForgetAllButCalleeSaved();
        caller.Set(Register.Rsp, frameAddress);
        // Of the return address it is an error to have no rule.
        for (uint left = _row.Named | (1u << (int)Register.Rip); left != 0 && reason == UnwindFailureReason.None; left &= left - 1)
        {
            reason = Restore((Register)BitOperations.TrailingZeroCount(left), ref memory, ref caller);
        }
        return reason;
    }

    private readonly UnwindFailureReason FindFrameAddress(ref StackWindow memory, out ulong value)
    {
        var rule = _row.FrameAddress;
        if (rule.Kind == FrameRuleKind.ValueExpression)
        {
            return DwarfExpression.Evaluate(ExpressionOf(rule), in _callee, ref memory, null, out value);
        }
        bool known = _callee.TryGet(rule.Register, out value);
        value = unchecked(value + (ulong)rule.Operand);
        return known ? UnwindFailureReason.None : UnwindFailureReason.RegisterLost;
    }

    // A signal may run on a stack of its own, so nothing can be said about the interrupted frame's place. Behind the pop of a
    // return address (it is in a register then) the frame is empty.
    private readonly bool IsPlausible(ulong frameAddress)
    {
        ulong stack = _callee.ValueOf(Register.Rsp);
        bool isAbove = _row[Register.Rip].Kind == FrameRuleKind.Register ? frameAddress >= stack : frameAddress > stack;
        return _isSignalFrame || (frameAddress % 8 == 0 && isAbove && frameAddress <= Address.UserEnd.Value);
    }

    // A function saves registers in its own frame; what an innermost one has popped may lie in the red zone. Compilers leave
    // rules behind in epilogues that hold no more (GCC's "rbp is saved where rbp points", behind the leave of a function with
    // an aligned frame); followed, they would skip frames without a trace.
    private readonly bool IsInFrame(Register register, ulong slot)
    {
        ulong stack = _callee.ValueOf(Register.Rsp);
        ulong lowest = _isExact && register != Register.Rip ? stack - Math.Min(stack, RedZone) : stack;
        return _isSignalFrame || (slot >= lowest && slot < FrameAddress.Value);
    }

    private UnwindFailureReason Restore(Register register, ref StackWindow memory, ref FrameRegisters caller)
    {
        var rule = _row[register];
        ulong address = unchecked(FrameAddress.Value + (ulong)rule.Operand);
        switch (rule.Kind)
        {
            case FrameRuleKind.Offset:
                return Load(register, address, ref memory, ref caller);
            case FrameRuleKind.ValueOffset:
                caller.Set(register, address);
                return UnwindFailureReason.None;
            case FrameRuleKind.Expression or FrameRuleKind.ValueExpression:
                var reason = DwarfExpression.Evaluate(ExpressionOf(rule), in _callee, ref memory, FrameAddress.Value, out ulong value);
                if (reason != UnwindFailureReason.None)
                {
                    return reason;
                }
                if (rule.Kind == FrameRuleKind.Expression)
                {
                    return Load(register, value, ref memory, ref caller);
                }
                caller.Set(register, value);
                return UnwindFailureReason.None;
            default:
                return Keep(register, rule, ref caller);
        }
    }

    private UnwindFailureReason Load(Register register, ulong slot, ref StackWindow memory, ref FrameRegisters caller)
    {
        if (!IsInFrame(register, slot))
        {
            return UnwindFailureReason.ImplausibleFrame;
        }
        if (!memory.TryRead(new Address(slot), out ulong value))
        {
            return UnwindFailureReason.UnreadableMemory;
        }
        caller.Set(register, value);
        if (register == Register.Rip)
        {
            ReturnAddressSlot = new Address(slot);
        }
        return UnwindFailureReason.None;
    }

    // Undefined, unchanged, or in another register.
    private readonly UnwindFailureReason Keep(Register register, FrameRule rule, ref FrameRegisters caller)
    {
        if (register == Register.Rip)
        {
            // In another register it is fine; "unchanged" would mean that the function calls itself.
            if (rule.Kind != FrameRuleKind.Register || rule.Register >= (byte)Register.Rip || !_callee.TryGet(rule.Register, out ulong target))
            {
                return UnwindFailureReason.UnsupportedInstruction;
            }
            caller.Set(register, target);
            return UnwindFailureReason.None;
        }
        uint source = rule.Kind == FrameRuleKind.Register ? rule.Register : (uint)register;
        if (rule.Kind is FrameRuleKind.SameValue or FrameRuleKind.Register && _callee.TryGet(source, out ulong value))
        {
            caller.Set(register, value);
        }
        else if (register != Register.Rsp)
        {
            // The stack pointer is the frame's address, whatever becomes of the register.
            caller.Forget(register);
        }
        return UnwindFailureReason.None;
    }

    private readonly ReadOnlySpan<byte> ExpressionOf(FrameRule rule) => _table.Slice(rule.ExpressionStart, rule.ExpressionLength);
}
