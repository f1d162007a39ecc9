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

    public static byte[] Encode(IReadOnlyList<SyscallRequest> requests, ResumeRegisters resume)
    {
        var code = new List<byte>();
        foreach (var request in requests)
        {
            for (int i = 0; i < request.Arguments.Length; i++)
            {
                Load(code, ArgumentRegisters[i], request.Arguments[i]);
            }
            Load(code, Rax, request.Number);
            code.AddRange([0x0f, 0x05]);
        }
        ulong[] arguments = [resume.Rdi, resume.Rsi, resume.Rdx, resume.R10, resume.R8, resume.R9];
        for (int i = 0; i < arguments.Length; i++)
        {
            Load(code, ArgumentRegisters[i], arguments[i]);
        }
        Load(code, Rax, resume.Rax);
        Load(code, Rcx, resume.Rcx);
        Load(code, R11, resume.R11);
        // jmp *(%rip), followed by the address.
        code.AddRange([0xff, 0x25, 0, 0, 0, 0]);
        AddUInt64(code, resume.Rip);
        return [.. code];
    }

    /// <summary>The bytes that <see cref="Encode"/> needs for so many six-argument calls, at most.</summary>
    public static int LengthFor(int requests) => (requests * 72) + 104;

    /// <summary>mmap of fresh private memory that can be read and executed, never written by the target, exactly at <paramref name="range"/>.</summary>
    public static SyscallRequest MapExecutable(AddressRange range)
    {
        const ulong Mmap = 9, ReadExecute = 1 | 4, PrivateAnonymousFixedNoReplace = 0x02 | 0x20 | 0x100000;
        return new SyscallRequest(Mmap, [range.Start.Value, range.Length, ReadExecute, PrivateAnonymousFixedNoReplace, ulong.MaxValue, 0]);
    }

    private static void Load(List<byte> code, (byte Rex, byte Opcode) register, ulong value)
    {
        code.Add(register.Rex);
        code.Add(register.Opcode);
        AddUInt64(code, value);
    }

    private static void AddUInt64(List<byte> code, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        code.AddRange(bytes);
    }
}
