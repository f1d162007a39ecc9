// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>Why an instruction cannot be executed at another address.</summary>
public enum RelocationObstacle
{
    None,

    /// <summary>A call of a form whose copy cannot push the original's return address.</summary>
    Call,

    /// <summary>xbegin and jumps of other forms than the usual.</summary>
    UnusualBranch,

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

    /// <summary>push and mov; with it the copy of a call is at most as long as the longest instruction and a jump.</summary>
    private const int PushLength = 13, LongestCall = CodeReader.LongestInstruction + 5 - PushLength;

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
            FlowControl.ConditionalBranch when IsShortOnly(instruction) => MoveShortBranch(instruction, code, destination),
            FlowControl.ConditionalBranch => MoveBranch([0x0f, (byte)(0x80 | ConditionOf(code))], instruction.NearBranchTarget, destination, fallsThrough: true),
            FlowControl.Call or FlowControl.IndirectCall => MoveCall(instruction, code, destination),
            FlowControl.Return or FlowControl.IndirectBranch => MovePlain(instruction, code, destination, fallsThrough: false),
            _ => MovePlain(instruction, code, destination, fallsThrough: true),
        };
    }

    private static RelocationObstacle FindObstacle(in Instruction instruction)
    {
        return instruction.FlowControl switch
        {
            // Iced counts syscall and sysenter among the calls.
            _ when instruction.Mnemonic is Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Hlt => RelocationObstacle.System,
            FlowControl.Call or FlowControl.IndirectCall when !CanPushReturn(instruction) => RelocationObstacle.Call,
            FlowControl.Interrupt or FlowControl.Exception or FlowControl.XbeginXabortXend => RelocationObstacle.System,
            FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch when !(instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear || IsShortOnly(instruction)) => RelocationObstacle.UnusualBranch,
            _ => RelocationObstacle.None,
        };
    }

    /// <summary>Near calls of 64 bit code, of a usual length, that do not use the stack pointer: pushing first would change it.</summary>
    private static bool CanPushReturn(in Instruction call) =>
        call.Code is Code.Call_rel32_64 or Code.Call_rm64 && call.Length <= LongestCall
        && call.Op0Register != Register.RSP && call.MemoryBase != Register.RSP;

    /// <summary>The copy of a call: push of the original's return address in two halves, and a jump. What is called returns behind the
    /// original; nothing tells it from the call, but for the processor's own stacks of returns. No flags change.</summary>
    private static RelocatedInstruction MoveCall(in Instruction call, ReadOnlySpan<byte> code, Address destination)
    {
        var push = new byte[PushLength];
        push[0] = 0x68; // push imm32, sign-extended
        BinaryPrimitives.WriteUInt32LittleEndian(push.AsSpan(1), (uint)call.NextIP);
        ReadOnlySpan<byte> high = [0xc7, 0x44, 0x24, 0x04]; // movl imm32, 4(%rsp)
        high.CopyTo(push.AsSpan(5));
        BinaryPrimitives.WriteUInt32LittleEndian(push.AsSpan(9), (uint)(call.NextIP >> 32));
        var jump = call.Code == Code.Call_rel32_64
            ? MoveBranch([JumpNear], call.NearBranchTarget, destination + PushLength, fallsThrough: false)
            : MovePlain(call, code, destination + PushLength, fallsThrough: false);
        if (jump.Obstacle != RelocationObstacle.None)
        {
            return jump;
        }
        if (call.Code == Code.Call_rm64)
        {
            // FF /2 is a call, FF /4 a jump; no prefix has that value.
            int modRm = Array.IndexOf(jump.Bytes, (byte)0xff) + 1;
            jump.Bytes[modRm] = (byte)((jump.Bytes[modRm] & 0xc7) | (4 << 3));
        }
        return jump with { Bytes = [.. push, .. jump.Bytes] };
    }

    private static bool IsShortOnly(in Instruction instruction) => instruction.IsLoop || instruction.IsLoopcc || instruction.IsJcxShort;

    /// <summary>loop and jrcxz have an 8 bit displacement only: the copy branches over a jump, to one that leads to the target.</summary>
    private static RelocatedInstruction MoveShortBranch(in Instruction branch, ReadOnlySpan<byte> code, Address destination)
    {
        byte[] moved = [.. code, 0xeb, 0x05]; // jmp behind the near jump
        moved[code.Length - 1] = 2;
        var jump = MoveBranch([JumpNear], branch.NearBranchTarget, destination + moved.Length, fallsThrough: true);
        return jump.Obstacle == RelocationObstacle.None ? jump with { Bytes = [.. moved, .. jump.Bytes] } : jump;
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
