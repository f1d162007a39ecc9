// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>Why an instruction cannot be executed at another address.</summary>
public enum RelocationObstacle
{
    None,

    /// <summary>A call pushes its own address: the return address would name the copy.</summary>
    Call,

    /// <summary>A repeated string instruction is its own continuation: a thread may be in the middle of it.</summary>
    Repeats,

    /// <summary>loop, jrcxz, xbegin: branches with an 8 bit or unusual displacement only.</summary>
    ShortBranch,

    /// <summary>An operand or target is further than 2 GiB from the new place.</summary>
    OutOfReach,

    /// <summary>syscall, int, hlt and the like: what they do depends on where they stand.</summary>
    System,
}

/// <summary>One instruction's bytes for another address. Bytes are copied and only the displacement is changed: an encoder may
/// choose another length, or drop padding prefixes.</summary>
/// <param name="FallsThrough">False where control never reaches the byte after it (jmp, ret).</param>
public readonly record struct RelocatedInstruction(byte[] Bytes, bool FallsThrough, RelocationObstacle Obstacle)
{
    private const byte JumpNear = 0xe9;

    /// <param name="instruction">Decoded at its present address.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="destination">Where it shall stand.</param>
    public static RelocatedInstruction Move(in Instruction instruction, ReadOnlySpan<byte> bytes, Address destination)
    {
        if (FindObstacle(instruction) is var obstacle and not RelocationObstacle.None)
        {
            return Impossible(obstacle);
        }
        var code = bytes[..instruction.Length];
        return instruction.FlowControl switch
        {
            FlowControl.UnconditionalBranch => MoveBranch([JumpNear], instruction.NearBranchTarget, destination, fallsThrough: false),
            FlowControl.ConditionalBranch => MoveBranch([0x0f, (byte)(0x80 | ConditionOf(code))], instruction.NearBranchTarget, destination, fallsThrough: true),
            FlowControl.Return or FlowControl.IndirectBranch => MovePlain(instruction, code, destination, fallsThrough: false),
            _ => MovePlain(instruction, code, destination, fallsThrough: true),
        };
    }

    private static RelocationObstacle FindObstacle(in Instruction instruction)
    {
        if (instruction.HasRepPrefix || instruction.HasRepnePrefix)
        {
            // "rep ret" is a two-byte ret, "notrack jmp" and "bnd" forms carry F2/F3/3E without repeating anything.
            if (instruction.IsStringInstruction)
            {
                return RelocationObstacle.Repeats;
            }
        }
        return instruction.FlowControl switch
        {
            // Iced counts syscall and sysenter among the calls.
            _ when instruction.Mnemonic is Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Hlt => RelocationObstacle.System,
            FlowControl.Call or FlowControl.IndirectCall => RelocationObstacle.Call,
            FlowControl.Interrupt or FlowControl.Exception or FlowControl.XbeginXabortXend => RelocationObstacle.System,
            FlowControl.ConditionalBranch when instruction.IsLoop || instruction.IsLoopcc || instruction.IsJcxShort => RelocationObstacle.ShortBranch,
            FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch when !(instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear) => RelocationObstacle.ShortBranch,
            _ => RelocationObstacle.None,
        };
    }

    private static byte ConditionOf(ReadOnlySpan<byte> code)
    {
        // 7x rel8 or 0F 8x rel32, prefixes (branch hints) before it.
        for (int i = 0; i < code.Length; i++)
        {
            if ((code[i] & 0xf0) == 0x70 || (code[i] == 0x0f && i + 1 < code.Length))
            {
                return (byte)((code[i] == 0x0f ? code[i + 1] : code[i]) & 15);
            }
        }
        throw new ArgumentException("not a conditional jump", nameof(code));
    }

    private static RelocatedInstruction MoveBranch(ReadOnlySpan<byte> opcode, ulong target, Address destination, bool fallsThrough)
    {
        var moved = new byte[opcode.Length + 4];
        opcode.CopyTo(moved);
        if (!Displacement.TryCompute(new Address(target), destination + moved.Length, out int displacement))
        {
            return Impossible(RelocationObstacle.OutOfReach);
        }
        BinaryPrimitives.WriteInt32LittleEndian(moved.AsSpan(opcode.Length), displacement);
        return new(moved, fallsThrough, RelocationObstacle.None);
    }

    private static RelocatedInstruction MovePlain(in Instruction instruction, ReadOnlySpan<byte> code, Address destination, bool fallsThrough)
    {
        var moved = code.ToArray();
        if (instruction.IsIPRelativeMemoryOperand)
        {
            var decoder = Decoder.Create(64, moved, instruction.IP);
            var again = decoder.Decode();
            var offsets = decoder.GetConstantOffsets(again);
            if (offsets.DisplacementSize != 4
                || !Displacement.TryCompute(new Address(again.IPRelativeMemoryAddress), destination + moved.Length, out int displacement))
            {
                return Impossible(RelocationObstacle.OutOfReach);
            }
            BinaryPrimitives.WriteInt32LittleEndian(moved.AsSpan(offsets.DisplacementOffset), displacement);
        }
        return new(moved, fallsThrough, RelocationObstacle.None);
    }

    private static RelocatedInstruction Impossible(RelocationObstacle obstacle) => new([], false, obstacle);
}
