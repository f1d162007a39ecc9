// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the entry of the unwinder's <c>_Unwind_Find_FDE (pc, bases)</c> leads to (libgcc's unwind-dw2-fde.h): a pc in new code is
/// looked up in the frame indexes of our images (Linking/FrameIndex), all others pass. It reads what never changes, but for the
/// head of the list, which is one aligned quadword; so any number of threads may be unwinding while an image is added.
/// <code>
///     mov head, rax
///     image: stop if 0; next if rdi is not in it; else bisect its functions
///     found: bases->tbase = bases->dbase = 0; bases->func = start; return the FDE
///     pass:  the old first instruction, jump to the second
/// </code>
/// It writes the registers that any call may destroy, and uses no stack: to unwind through it, the return address is at rsp.
/// </summary>
public static class FrameLookupTrampoline
{
    private const int HeadAt = 2;

    // Offsets in a frame index: Linking/FrameIndex.
    private static readonly byte[] Search =
    [
        0x48, 0xa1, 0, 0, 0, 0, 0, 0, 0, 0, //   0  movabs head, rax
        0x48, 0x85, 0xc0,                   //  10  test rax, rax
        0x74, 0x5b,                         //  13  je pass
        0x48, 0x3b, 0x78, 0x08,             //  15  cmp 8(rax), rdi: start of the image
        0x72, 0x4d,                         //  19  jb next
        0x48, 0x3b, 0x78, 0x10,             //  21  cmp 16(rax), rdi: its end
        0x73, 0x47,                         //  25  jae next
        0x31, 0xc9,                         //  27  xor ecx, ecx: low
        0x48, 0x8b, 0x50, 0x18,             //  29  mov 24(rax), rdx: high
        0x48, 0x39, 0xd1,                   //  33  cmp rdx, rcx
        0x73, 0x3c,                         //  36  jae next: a gap between functions, where those of another index may lie
        0x4c, 0x8d, 0x04, 0x11,             //  38  lea (rcx,rdx), r8
        0x49, 0xd1, 0xe8,                   //  42  shr r8: the middle
        0x4f, 0x8d, 0x0c, 0x40,             //  45  lea (r8,r8,2), r9
        0x4e, 0x8d, 0x4c, 0xc8, 0x20,       //  49  lea 32(rax,r9,8), r9
        0x49, 0x3b, 0x39,                   //  54  cmp (r9), rdi: start of the function
        0x72, 0x0c,                         //  57  jb below
        0x49, 0x3b, 0x79, 0x08,             //  59  cmp 8(r9), rdi: its end
        0x72, 0x0b,                         //  63  jb found
        0x49, 0x8d, 0x48, 0x01,             //  65  lea 1(r8), rcx
        0xeb, 0xda,                         //  69  jmp 33
        0x4c, 0x89, 0xc2,                   //  71  below: mov r8, rdx
        0xeb, 0xd5,                         //  74  jmp 33
        0x31, 0xc0,                         //  76  found: xor eax, eax
        0x48, 0x89, 0x06,                   //  78  mov rax, (rsi)
        0x48, 0x89, 0x46, 0x08,             //  81  mov rax, 8(rsi)
        0x49, 0x8b, 0x01,                   //  85  mov (r9), rax
        0x48, 0x89, 0x46, 0x10,             //  88  mov rax, 16(rsi)
        0x49, 0x8b, 0x41, 0x10,             //  92  mov 16(r9), rax
        0xc3,                               //  96  ret
        0x90,                               //  97  nop
        0x48, 0x8b, 0x00,                   //  98  next: mov (rax), rax
        0xeb, 0xa3,                         // 101  jmp 10
        0x90, 0x90, 0x90,                   // 103  nops
    ];

    /// <summary>Where the moved instruction stands.</summary>
    public static int Pass => Search.Length;

    public static int Length => Search.Length + PassBlock.Length;

    /// <param name="head">Where the address of the newest image's index is kept: eight bytes, a multiple of 8.</param>
    public static CodeWrite Initial(RedirectPlan plan, Address head)
    {
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        Search.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeadAt), head.Value);
        PassBlock.Encode(plan, plan.Trampoline + Search.Length).CopyTo(bytes, Search.Length);
        return new(plan.Trampoline, bytes);
    }

    /// <summary>Makes an index the head. One aligned quadword.</summary>
    public static CodeWrite Publish(Address head, Address index)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, index.Value);
        return new(head, bytes);
    }
}
