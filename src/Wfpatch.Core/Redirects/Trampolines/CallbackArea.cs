// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the hooks of quiescence points call while callbacks are asked for: the first thread to come by takes the request and runs them, at its own
/// point, and all others go on at once. Nobody waits. The block that is looked at (<see cref="CallbackBlock"/>) is told by a cell of the region's head.
/// <para>
/// A hook may stand anywhere in a function, so that every register, the flags and the whole vector state are as they were behind it (XSAVE with all
/// that the processor has switched on, Intel SDM volume 1, 13.7; FXSAVE where the system has no XSAVE). The red zone was left by who calls.
/// Functions are called as psABI 3.2.2 wants it: stack aligned, direction flag clear.
/// </para>
/// </summary>
public static class CallbackArea
{
    private const int SizeAt = 0x64, SaveAt = 0xbb, RestoreAt = 0xea, CellAt = 7, CellEnd = 11;

    private static readonly byte[] Code =
    [
        0x50, 0x9c, 0xfc, 0x51,                                 //   0  push rax; pushf; cld; push rcx
        0x48, 0x8b, 0x0d, 0, 0, 0, 0,                           //   4  mov cell, rcx
        0x48, 0x85, 0xc9, 0x0f, 0x84, 0xf8, 0, 0, 0,            //   b  test rcx, rcx; je out1
        0x52, 0x8b, 0x01, 0x89, 0xc2,                           //  14  push rdx; mov (rcx), eax; mov eax, edx
        0x83, 0xe2, 0x03, 0x83, 0xfa, 0x01,                     //  19  and 3, edx; cmp 1, edx: asked?
        0x0f, 0x85, 0xe6, 0, 0, 0,                              //  1f  jne out2
        0x8d, 0x50, 0x01, 0xf0, 0x0f, 0xb1, 0x11,               //  25  lea 1(rax), edx; lock cmpxchg edx, (rcx): running
        0x0f, 0x85, 0xd9, 0, 0, 0,                              //  2c  jne out2: another one has taken it
        0x56, 0x57, 0x41, 0x50, 0x41, 0x51, 0x41, 0x52, 0x41, 0x53, //  32  push rsi, rdi, r8, r9, r10, r11
        0x53, 0x41, 0x54, 0x55,                                 //  3c  push rbx, r12, rbp
        0x48, 0x89, 0xcb, 0x48, 0x89, 0xe5,                     //  40  mov rcx, rbx; mov rsp, rbp
        0x89, 0xd0, 0xc1, 0xe8, 0x02,                           //  46  mov edx, eax; shr 2, eax: the number that was taken
        0x39, 0x43, CallbackBlock.WithdrawnOffset,              //  4b  cmp eax, withdrawn
        0x0f, 0x84, 0xa0, 0, 0, 0,                              //  4e  je withdrawn
        0x64, 0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0,            //  54  mov fs:0x10, rax
        0x48, 0x89, 0x43, CallbackBlock.RunnerOffset,           //  5d  mov rax, runner
        0x48, 0x81, 0xec, 0, 0, 0, 0, 0x48, 0x83, 0xe4, 0xc0,   //  61  sub size, rsp; and -64, rsp
        0x31, 0xc0,                                             //  6c  xor eax, eax; the header of the area must be zeros
        0x48, 0x89, 0x84, 0x24, 0x00, 0x02, 0, 0, 0x48, 0x89, 0x84, 0x24, 0x08, 0x02, 0, 0,
        0x48, 0x89, 0x84, 0x24, 0x10, 0x02, 0, 0, 0x48, 0x89, 0x84, 0x24, 0x18, 0x02, 0, 0,
        0x48, 0x89, 0x84, 0x24, 0x20, 0x02, 0, 0, 0x48, 0x89, 0x84, 0x24, 0x28, 0x02, 0, 0,
        0x48, 0x89, 0x84, 0x24, 0x30, 0x02, 0, 0, 0x48, 0x89, 0x84, 0x24, 0x38, 0x02, 0, 0,
        0xb8, 0xff, 0xff, 0xff, 0xff, 0xba, 0xff, 0xff, 0xff, 0xff, //  ae  mov -1, eax; mov -1, edx: everything
        0x48, 0x0f, 0xae, 0x24, 0x24,                           //  b8  xsave64 (rsp)
        0x4c, 0x8d, 0x63, CallbackBlock.FunctionsOffset,        //  bd  lea functions, r12
        0x49, 0x8b, 0x04, 0x24, 0x48, 0x85, 0xc0, 0x74, 0x13,   //  c1  mov (r12), rax; test rax, rax; je done
        0x49, 0x83, 0xc4, 0x08, 0xff, 0xd0,                     //  ca  add 8, r12; call *rax
        0x85, 0xc0, 0x74, 0xed,                                 //  d0  test eax, eax; je c1
        0x83, 0x7b, CallbackBlock.MayRefuseOffset, 0, 0x74, 0xe7, //  d4  cmp 0, may refuse; je c1
        0x89, 0x43, CallbackBlock.ResultOffset,                 //  da  mov eax, result
        0xb8, 0xff, 0xff, 0xff, 0xff, 0xba, 0xff, 0xff, 0xff, 0xff, //  dd  done: mov -1, eax; mov -1, edx
        0x48, 0x0f, 0xae, 0x2c, 0x24,                           //  e7  xrstor64 (rsp)
        0x48, 0x89, 0xec, 0x83, 0x03, 0x01, 0xeb, 0x09,         //  ec  mov rbp, rsp; add 1, (rbx): done; jmp out3
        0x89, 0xd0, 0x83, 0xe2, 0xfc, 0xf0, 0x0f, 0xb1, 0x13,   //  f4  withdrawn: mov edx, eax; and -4, edx; lock cmpxchg edx, (rbx): closed
        0x5d, 0x41, 0x5c, 0x5b,                                 //  fd  out3: pop rbp, r12, rbx
        0x41, 0x5b, 0x41, 0x5a, 0x41, 0x59, 0x41, 0x58, 0x5f, 0x5e, // 101  pop r11, r10, r9, r8, rdi, rsi
        0x5a, 0x59, 0x9d, 0x58, 0xc3,                           // 10b  out2: pop rdx; out1: pop rcx; popf; pop rax; ret
    ];

    public static int Length => Code.Length;

    /// <summary>The code. It never changes once it is there.</summary>
    /// <param name="area">Where it shall stand: see <see cref="TargetState.CallbackArea"/>.</param>
    public static CodeWrite Initial(Address area, ExtendedState registers)
    {
        byte[] bytes = [.. Code];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(CellAt), JournalLayout.CallbackCellOffset - JournalLayout.CallbacksOffset - CellEnd);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SizeAt), registers.Size);
        if (!registers.HasXsave)
        {
            // fxsave64 and fxrstor64 differ from the others in the register field of the ModRM byte.
            (bytes[SaveAt], bytes[RestoreAt]) = (0x04, 0x0c);
        }
        return new CodeWrite(area, bytes);
    }

    /// <summary>Whether it was written before.</summary>
    public static bool IsThere(IMemory memory, Address area) => area != Address.Zero && memory.TryReadUInt32(area, out uint first) && first != 0;

    /// <summary>Makes threads look at a patch's block. One aligned quadword.</summary>
    public static CodeWrite Show(Address area, Address block)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, block.Value);
        return new CodeWrite(area - JournalLayout.CallbacksOffset + JournalLayout.CallbackCellOffset, bytes);
    }
}

/// <summary>The registers of a processor beyond the general ones, as they are saved.</summary>
/// <param name="Size">Bytes of memory that they take (CPUID leaf 0DH, EBX); never fewer than the legacy area and a header.</param>
/// <param name="HasXsave">Whether the system has switched XSAVE on (CPUID leaf 01H, ECX bit 27).</param>
public readonly record struct ExtendedState(int Size, bool HasXsave)
{
    /// <summary>The legacy area and the header of XSAVE (Intel SDM volume 1, 13.4).</summary>
    public const int SmallestSize = 512 + 64;

    public static ExtendedState Legacy { get; } = new(SmallestSize, false);
}
