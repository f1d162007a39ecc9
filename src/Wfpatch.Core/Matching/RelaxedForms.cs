// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;

namespace Wfpatch.Core.Matching;

/// <summary>
/// Instructions that a link editor wrote in the place of one that reads a slot (x86-64 psABI, appendix B.2 for GOTPCRELX; "ELF
/// Handling For Thread-Local Storage", section 5.6, for GOTTPOFF). All take an old instruction that reads the slot by a
/// displacement at its end.
/// </summary>
internal static class RelaxedForms
{
    /// <summary>The symbol's value where <paramref name="running"/> does without the slot what <paramref name="old"/> does with it; else null.</summary>
    public static ulong? SymbolOfSlot(in Instruction old, in Instruction running)
    {
        if (!old.IsIPRelativeMemoryOperand)
        {
            return null;
        }
        switch (old.Mnemonic)
        {
            case Mnemonic.Call or Mnemonic.Jmp:
                return running.Mnemonic == old.Mnemonic && OldInstruction.IsNearBranch(running) ? running.NearBranchTarget : null;
            case Mnemonic.Mov when old.Op0Kind == OpKind.Register && running.Mnemonic == Mnemonic.Lea:
                return running.Op0Register == old.Op0Register && running.IsIPRelativeMemoryOperand ? running.IPRelativeMemoryAddress : null;
            case Mnemonic.Mov or Mnemonic.Add or Mnemonic.Or or Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Sub or Mnemonic.Xor or Mnemonic.Cmp when old.Op0Kind == OpKind.Register:
                return ImmediateFor(old.Mnemonic, old.Op0Register, running);
            case Mnemonic.Test when old.Op1Kind == OpKind.Register:
                return ImmediateFor(Mnemonic.Test, old.Op1Register, running);
            default:
                return null;
        }
    }

    /// <summary>The offset from the thread pointer where <paramref name="running"/> has it as an immediate or displacement; else null.</summary>
    public static ulong? OffsetOfSlot(in Instruction old, in Instruction running)
    {
        if (!old.IsIPRelativeMemoryOperand || old.Op0Kind != OpKind.Register || old.Mnemonic is not (Mnemonic.Mov or Mnemonic.Add))
        {
            return null;
        }
        bool isLea = old.Mnemonic == Mnemonic.Add && running.Mnemonic == Mnemonic.Lea && running.Op0Register == old.Op0Register
            && running.MemoryBase == old.Op0Register && running.MemoryIndex == Register.None;
        return isLea ? running.MemoryDisplacement64 : ImmediateFor(old.Mnemonic, old.Op0Register, running);
    }

    /// <summary>Whether <paramref name="running"/> reads the thread pointer into RAX: <c>mov %fs:0, %rax</c>, with any prefixes.</summary>
    public static bool IsThreadPointer(in Instruction running) =>
        running is { Mnemonic: Mnemonic.Mov, Op0Register: Register.RAX, Op1Kind: OpKind.Memory, MemorySegment: Register.FS, MemoryBase: Register.None, MemoryIndex: Register.None, MemoryDisplacement64: 0 };

    /// <summary>What adds the offset of a variable to the thread pointer in RAX, in the place of a call of __tls_get_addr: the offset, or
    /// the address of the slot that has it.</summary>
    public static (bool IsSlot, ulong Value)? OffsetAfterPointer(in Instruction running) => running switch
    {
        { Mnemonic: Mnemonic.Lea, Op0Register: Register.RAX, MemoryBase: Register.RAX, MemoryIndex: Register.None } => (false, running.MemoryDisplacement64),
        { Mnemonic: Mnemonic.Add, Op0Register: Register.RAX, IsIPRelativeMemoryOperand: true } => (true, running.IPRelativeMemoryAddress),
        _ => null,
    };

    /// <summary>What loads the offset of a variable in the place of the address of its descriptor: the offset, or the address of the slot that has it.</summary>
    public static (bool IsSlot, ulong Value)? OffsetOfDescriptor(in Instruction old, in Instruction running)
    {
        if (old.Mnemonic != Mnemonic.Lea || running.Mnemonic != Mnemonic.Mov || running.Op0Register != old.Op0Register)
        {
            return null;
        }
        return running.IsIPRelativeMemoryOperand ? (true, running.IPRelativeMemoryAddress)
            : ImmediateFor(Mnemonic.Mov, old.Op0Register, running) is { } offset ? (false, offset) : null;
    }

    private static ulong? ImmediateFor(Mnemonic mnemonic, Register register, in Instruction running)
    {
        if (running.Mnemonic != mnemonic || running.Op0Kind != OpKind.Register || running.Op0Register != register)
        {
            return null;
        }
        return running.Op1Kind switch
        {
            OpKind.Immediate32to64 => unchecked((ulong)running.Immediate32to64),
            OpKind.Immediate32 => running.Immediate32,
            _ => null,
        };
    }
}
