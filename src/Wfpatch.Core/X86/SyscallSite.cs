// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>
/// A system call as glibc's wrappers make it: the number in eax, syscall, a comparison with the error range, a branch to the
/// error path. On the first instruction of that path all arguments are still in their registers.
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
        foreach (var instruction in CodeReader.Decode(code, start))
        {
            if (instruction.Mnemonic == Mnemonic.Mov && instruction.Op0Register == Register.EAX && instruction.Op1Kind == OpKind.Immediate32)
            {
                number = instruction.Immediate32;
            }
            else if (instruction.Mnemonic == Mnemonic.Syscall)
            {
                call = instruction;
            }
            else if (instruction.Mnemonic is Mnemonic.Ja or Mnemonic.Jae && previous.Mnemonic == Mnemonic.Cmp && previous.Op0Register == Register.RAX
                && call.Length > 0 && previous.IP == call.NextIP && number is { } n)
            {
                found.Add(new SyscallSite(new Address(call.IP), n, new Address(instruction.NearBranchTarget)));
                number = null;
            }
            previous = instruction;
        }
        return [.. found.GroupBy(s => s.ErrorPath).Where(g => g.Count() == 1).Select(g => g.First())];
    }
}
