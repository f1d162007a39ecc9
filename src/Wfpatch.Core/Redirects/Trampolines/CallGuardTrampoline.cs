// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the error path of a system call leads to while threads are visited: a call that ended with EINTR because of our
/// stop is made again by the thread itself, should the controller not live to give it back.
/// <code>
///  +0   cmp  $-EINTR, eax; jne pass
///  +5   cmp  $1, permit;   jne pass
/// +16   mov  $0, permit
/// +28   mov  number, eax;  jmp to the syscall instruction
/// +38   pass               the error path's first instruction, jump to its second
/// </code>
/// Flags are dead there: the path begins behind a branch and negates the error. Calls that succeed never come by.
/// </summary>
public static class CallGuardTrampoline
{
    public const int Length = Pass + PassBlock.Length;

    private const int Pass = 38;

    public static CodeWrite Initial(RedirectPlan plan, SyscallSite site)
    {
        var at = plan.Trampoline;
        byte[] code =
        [
            0x83, 0xf8, 0xfc, 0x75, Pass - 5,
            0x64, 0x83, 0x3c, 0x25, ThreadWord.PermitOffset, 0, 0, 0, 1, 0x75, Pass - 16,
            0x64, 0xc7, 0x04, 0x25, ThreadWord.PermitOffset, 0, 0, 0, 0, 0, 0, 0,
            0xb8, 0, 0, 0, 0,
            .. NearJump.Encode(at + 33, site.Syscall),
            .. PassBlock.Encode(plan, at + Pass),
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(29), site.Number);
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        code.CopyTo(bytes, 0);
        return new(at, bytes);
    }
}
