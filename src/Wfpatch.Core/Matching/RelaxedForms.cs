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
