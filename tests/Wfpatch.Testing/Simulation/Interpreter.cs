// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Testing.Simulation;

/// <summary>Executes one instruction of an entry or a trampoline, out of the bytes that are in memory at that moment. It knows
/// those that trampolines are made of and those that simulated functions begin with; all others are faults.</summary>
public static class Interpreter
{
    private const int Longest = 15;

    /// <summary>The bytes of the instruction at an address that would be executed now.</summary>
    public static int Step(SimulatedThread thread, SimulatedMemory memory)
    {
        var at = thread.Pc!.Value;
        Span<byte> code = stackalloc byte[Longest];
        memory.TryRead(at, code);
        int opcode = SkipPrefixes(code);
        if (code[opcode] == 0xe9)
        {
            return Jump(thread, at, opcode + 5, BinaryPrimitives.ReadInt32LittleEndian(code[(opcode + 1)..]));
        }
        if (code[0] == 0xeb)
        {
            return Jump(thread, at, 2, (sbyte)code[1]);
        }
        if (code[0] == 0xa9)
        {
            // test eax, imm: flags that nobody reads.
            thread.Zero = !thread.Zero;
            return Next(thread, at, 5);
        }
        if (code.StartsWith(ThreadWord.CompareOpcode))
        {
            thread.Zero = thread.Word == BinaryPrimitives.ReadUInt32LittleEndian(code[8..]);
            return Next(thread, at, ThreadWord.InstructionLength);
        }
        if (code is [0x81, 0x3d, ..])
        {
            // cmpl $imm, word(%rip)
            var word = at + GlobalWord.InstructionLength + BinaryPrimitives.ReadInt32LittleEndian(code[2..]);
            thread.Zero = memory.TryReadUInt32(word, out uint value) && value == BinaryPrimitives.ReadUInt32LittleEndian(code[6..]);
            return Next(thread, at, GlobalWord.InstructionLength);
        }
        if (code.StartsWith(ThreadWord.StoreOpcode))
        {
            thread.Word = BinaryPrimitives.ReadUInt32LittleEndian(code[8..]);
            return Next(thread, at, ThreadWord.InstructionLength);
        }
        if (code is [0x0f, 0x84, ..])
        {
            return Jump(thread, at, 6, thread.Zero ? BinaryPrimitives.ReadInt32LittleEndian(code[2..]) : 0);
        }
        if (code is [0x74 or 0x75, ..])
        {
            return Jump(thread, at, 2, thread.Zero == (code[0] == 0x74) ? (sbyte)code[1] : 0);
        }
        return Next(thread, at, Canaries.TryStep(thread, code, out int length) ? length : PlainLength(code, at));
    }

    /// <summary>What trampolines do for canaries: the granted block of a point, and inheritance in clone.</summary>
    private static class Canaries
    {
        public static bool TryStep(SimulatedThread thread, ReadOnlySpan<byte> code, out int length)
        {
            length = 0;
            switch (code)
            {
                case [0x64, 0x8b, 0x0c, 0x25, var offset, ..]: // mov %fs:offset, %ecx
                    thread.Scratch = Word(thread, offset);
                    length = 8;
                    break;
                case [0x64, 0x44, 0x8b, 0x14, 0x25, var offset, ..]: // mov %fs:offset, %r10d
                    thread.Scratch = Word(thread, offset);
                    length = 9;
                    break;
                case [0x64, 0x89, 0x0c, 0x25, ThreadWord.Offset, ..]: // mov %ecx, %fs:word
                    thread.Word = thread.Scratch;
                    length = 8;
                    break;
                case [0x45, 0x89, 0x93, var offset, ..]: // mov %r10d, offset(%r11)
                    Store(thread.Newborn!, offset, thread.Scratch);
                    // What it hands down, it hands down here: its own grant may be taken back before the new thread runs.
                    thread.Newborn!.ChosenFor = thread.ChosenFor;
                    length = 7;
                    break;
                case [0x67, 0xe3, var skip, ..]: // jecxz
                    length = 3 + (thread.Scratch == 0 ? skip : 0);
                    break;
                case [0xf7, 0xc2, ..]: // test $CLONE_SETTLS, %edx
                    thread.Zero = false;
                    length = 6;
                    break;
                case [0x4d, 0x39, 0x1b, ..]: // cmp %r11, (%r11): it is glibc's
                    thread.Zero = true;
                    length = 3;
                    break;
                case [0x4d, 0x39, 0x5b, 0x10, ..]:
                    thread.Zero = true;
                    length = 4;
                    break;
                default:
                    return false;
            }
            return true;
        }

        private static uint Word(SimulatedThread thread, byte offset) => offset == ThreadWord.GrantOffset ? thread.Grant : thread.Word;

        private static void Store(SimulatedThread newborn, byte offset, uint value)
        {
            if (offset == ThreadWord.GrantOffset)
            {
                newborn.Grant = value;
            }
            else
            {
                newborn.Word = value;
            }
        }
    }

    private static int PlainLength(ReadOnlySpan<byte> code, Address at)
    {
        var instruction = Wfpatch.Core.X86.CodeReader.DecodeFirst(code, at);
        return instruction is { Mnemonic: Mnemonic.Push or Mnemonic.Sub or Mnemonic.Mov or Mnemonic.Lea or Mnemonic.Xor or Mnemonic.Endbr64 or Mnemonic.Pop or Mnemonic.Test } known
            ? known.Length
            : throw new SimulationException($"a thread executes {Convert.ToHexStringLower(code)} at {at}");
    }

    private static int SkipPrefixes(ReadOnlySpan<byte> code)
    {
        int i = 0;
        while (code[i] is 0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65)
        {
            i++;
        }
        return (code[i] & 0xf0) == 0x40 && code[i + 1] == 0xe9 ? i + 1 : i;
    }

    private static int Jump(SimulatedThread thread, Address at, int length, int displacement)
    {
        thread.Pc = at + length + displacement;
        return length;
    }

    private static int Next(SimulatedThread thread, Address at, int length) => Jump(thread, at, length, 0);
}

/// <summary>An invariant does not hold.</summary>
public sealed class SimulationException : Exception
{
    public SimulationException(string message)
        : base(message)
    {
    }

    public SimulationException()
    {
    }

    public SimulationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
