// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>A system call to be made by a thread of the target. Arguments in the order of the man pages, six at most.</summary>
public sealed record SyscallRequest(ulong Number, ImmutableArray<ulong> Arguments);

/// <summary>The registers that a system call and its arguments change, as they shall be when the thread goes on, and where it goes on.</summary>
public readonly record struct ResumeRegisters(ulong Rip, ulong Rax, ulong Rdi, ulong Rsi, ulong Rdx, ulong R10, ulong R8, ulong R9, ulong Rcx, ulong R11);

/// <summary>
/// Code for one thread, once: makes system calls and then goes on where the thread was, with all its registers. It uses no
/// stack and changes no flags (the kernel keeps them across a system call, in R11) and no vector registers, so that setting
/// the thread's instruction pointer to it is the only change that the controller makes: if the controller is killed after
/// that, the thread still gives itself back.
/// </summary>
public static class SyscallStub
{
    private static readonly (byte Rex, byte Opcode)[] ArgumentRegisters = [(0x48, 0xbf), (0x48, 0xbe), (0x48, 0xba), (0x49, 0xba), (0x49, 0xb8), (0x49, 0xb9)];

    private static readonly (byte Rex, byte Opcode) Rax = (0x48, 0xb8);
    private static readonly (byte Rex, byte Opcode) Rcx = (0x48, 0xb9);
    private static readonly (byte Rex, byte Opcode) R11 = (0x49, 0xbb);

    /// <summary>Encodes into <paramref name="code"/>, which is long enough (<see cref="LengthFor"/>); returns the length. Allocates
    /// nothing: the thread is stopped.</summary>
    public static int Encode(ReadOnlySpan<SyscallRequest> requests, in ResumeRegisters resume, Span<byte> code)
    {
        var to = new Writer(code);
        foreach (var request in requests)
        {
            for (int i = 0; i < request.Arguments.Length; i++)
            {
                to.Load(ArgumentRegisters[i], request.Arguments[i]);
            }
            to.Load(Rax, request.Number);
            to.Add(0x0f);
            to.Add(0x05);
        }
        to.Load(ArgumentRegisters[0], resume.Rdi);
        to.Load(ArgumentRegisters[1], resume.Rsi);
        to.Load(ArgumentRegisters[2], resume.Rdx);
        to.Load(ArgumentRegisters[3], resume.R10);
        to.Load(ArgumentRegisters[4], resume.R8);
        to.Load(ArgumentRegisters[5], resume.R9);
        to.Load(Rax, resume.Rax);
        to.Load(Rcx, resume.Rcx);
        to.Load(R11, resume.R11);
        // jmp *(%rip), followed by the address.
        to.Add(0xff);
        to.Add(0x25);
        to.AddUInt32(0);
        to.AddUInt64(resume.Rip);
        return to.Length;
    }

    /// <summary>The bytes that <see cref="Encode"/> needs for so many six-argument calls, at most.</summary>
    public static int LengthFor(int requests) => (requests * 72) + 104;

    /// <summary>mmap of fresh private memory that can be read and executed, never written by the target, exactly at <paramref name="range"/>.</summary>
    public static SyscallRequest MapExecutable(AddressRange range)
    {
        const ulong Mmap = 9, ReadExecute = 1 | 4, PrivateAnonymousFixedNoReplace = 0x02 | 0x20 | 0x100000;
        return new SyscallRequest(Mmap, [range.Start.Value, range.Length, ReadExecute, PrivateAnonymousFixedNoReplace, ulong.MaxValue, 0]);
    }

    /// <summary>mmap of fresh private memory that can be read and written and not executed, in place of what is at <paramref name="range"/>,
    /// which is of a mapping of ours.</summary>
    public static SyscallRequest MapWritable(AddressRange range)
    {
        const ulong Mmap = 9, ReadWrite = 1 | 2, PrivateAnonymousFixed = 0x02 | 0x20 | 0x10;
        return new SyscallRequest(Mmap, [range.Start.Value, range.Length, ReadWrite, PrivateAnonymousFixed, ulong.MaxValue, 0]);
    }

    private ref struct Writer(Span<byte> code)
    {
        private readonly Span<byte> _code = code;

        public int Length { get; private set; }

        public void Load((byte Rex, byte Opcode) register, ulong value)
        {
            Add(register.Rex);
            Add(register.Opcode);
            AddUInt64(value);
        }

        public void Add(byte value) => _code[Length++] = value;

        public void AddUInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_code[Length..], value);
            Length += sizeof(uint);
        }

        public void AddUInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_code[Length..], value);
            Length += sizeof(ulong);
        }
    }
}
