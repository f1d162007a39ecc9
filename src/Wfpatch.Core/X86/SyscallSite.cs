// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>
/// A system call as glibc's wrappers make it: the number in eax, syscall, perhaps a copy of the result to a register that calls preserve
/// (sigtimedwait of glibc 2.36), a comparison with the error range, a branch to the error path. On the first instruction of that path all arguments are still in their registers.
/// </summary>
/// <param name="Syscall">The syscall instruction.</param>
/// <param name="ErrorPath">Where the branch leads.</param>
public readonly record struct SyscallSite(Address Syscall, uint Number, Address ErrorPath)
{
    /// <summary>The length of the syscall instruction.</summary>
    public const int InstructionLength = 2;

    /// <summary>Where a thread stands that is blocked in the call.</summary>
    public Address Return => Syscall + InstructionLength;

    /// <summary>The sites of a function whose error path is theirs alone: from a shared one it could not be told which call to make again.</summary>
    public static ImmutableArray<SyscallSite> Find(ReadOnlyMemory<byte> code, Address start)
    {
        var found = new List<SyscallSite>();
        uint? number = null;
        Instruction call = default;
        Instruction previous = default;
        ulong behind = 0;
        foreach (var instruction in CodeReader.Decode(code, start))
        {
            if (instruction.Mnemonic == Mnemonic.Mov && instruction.Op0Register == Register.EAX && instruction.Op1Kind == OpKind.Immediate32)
            {
                number = instruction.Immediate32;
            }
            else if (instruction.Mnemonic == Mnemonic.Syscall)
            {
                call = instruction;
                behind = call.NextIP;
            }
            else if (instruction.IP == behind && IsCopyOfResult(in instruction))
            {
                behind = instruction.NextIP;
            }
            else if (instruction.Mnemonic is Mnemonic.Ja or Mnemonic.Jae && previous.Mnemonic == Mnemonic.Cmp && previous.Op0Register == Register.RAX
                && call.Length > 0 && previous.IP == behind && number is { } n)
            {
                found.Add(new SyscallSite(new Address(call.IP), n, new Address(instruction.NearBranchTarget)));
                number = null;
            }
            previous = instruction;
        }
        return [.. found.GroupBy(s => s.ErrorPath).Where(g => g.Count() == 1).Select(g => g.First())];
    }

    // No call has an argument there; made again, the call's result takes the place of the one before.
    private static bool IsCopyOfResult(in Instruction instruction) =>
        instruction is { Mnemonic: Mnemonic.Mov, Op0Kind: OpKind.Register, Op1Kind: OpKind.Register, Op1Register: Register.RAX }
        && instruction.Op0Register is Register.RBX or Register.RBP or Register.R12 or Register.R13 or Register.R14 or Register.R15;
}
