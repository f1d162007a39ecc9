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
///  +5   test r8, r8;       jne pass    (epoll_pwait and epoll_pwait2; else nops)
/// +10   cmp  $1, permit;   jne pass
/// +21   mov  $0, permit
/// +33   mov  number, eax;  jmp to the syscall instruction
/// +43   pass               the error path's first instruction, jump to its second
/// </code>
/// Flags are dead there: the path begins behind a branch and negates the error. Calls that succeed never come by. A call that
/// brings a signal mask (r8) relies on EINTR for each signal that it let through, and is never made again here.
/// </summary>
public static class CallGuardTrampoline
{
    public const int Length = Pass + PassBlock.Length;

    /// <summary>Where the moved instruction stands.</summary>
    public const int Pass = 43;

    public static CodeWrite Initial(RedirectPlan plan, SyscallSite site)
    {
        var at = plan.Trampoline;
        byte[] code =
        [
            0x83, 0xf8, 0xfc, 0x75, Pass - 5,
            .. HasSignalMask(site.Number) ? (ReadOnlySpan<byte>)[0x4d, 0x85, 0xc0, 0x75, Pass - 10] : [0x0f, 0x1f, 0x44, 0x00, 0x00],
            0x64, 0x83, 0x3c, 0x25, ThreadWord.PermitOffset, 0, 0, 0, 1, 0x75, Pass - 21,
            0x64, 0xc7, 0x04, 0x25, ThreadWord.PermitOffset, 0, 0, 0, 0, 0, 0, 0,
            0xb8, 0, 0, 0, 0,
            .. NearJump.Encode(at + 38, site.Syscall),
            .. PassBlock.Encode(plan, at + Pass),
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(34), site.Number);
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        code.CopyTo(bytes, 0);
        return new(at, bytes);
    }

    /// <summary>Only the part that does not depend on which call it is: where a thread passes.</summary>
    public static CodeWrite InitialPass(RedirectPlan plan)
    {
        var at = plan.Trampoline + Pass;
        return new(at, PassBlock.Encode(plan, at));
    }

    private static bool HasSignalMask(uint call)
    {
        const int EpollPwait = 281, EpollPwait2 = 441;
        return call is EpollPwait or EpollPwait2;
    }
}
