// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the entry of the C library's clone or clone3 leads to while a transition is open for canaries: the creating thread copies
/// its number and its grant into the control block of the thread that it creates.
/// <code>
///  clone3 (struct clone_args in rdi)                       clone (flags in edx, control block in r9)
///  +0   test rdi, rdi; je pass
///  +5   test $CLONE_SETTLS, flags of rdi; je pass          +0   test $CLONE_SETTLS, edx; je pass
/// +13   mov  tls of rdi, r11                               +8   mov  r9, r11
/// +17   cmp  r11, (r11); jne pass                         +11   the same from here on
/// +22   cmp  r11, 16(r11); jne pass
/// +28   mov  word, r10d;  mov r10d, word of r11
/// +44   mov  grant, r10d; mov r10d, grant of r11
/// +60   pass   the old instruction, moved; jump to the next one
/// </code>
/// r10, r11 and the flags hold nothing there (psABI, 3.2.1). A block that does not begin as glibc's (tcbhead_t: its own address, and again
/// 16 bytes on) is somebody else's and is left alone. A process that shares no memory or takes its creator's block along needs nothing.
/// A stale word of a reused stack is overwritten.
/// </summary>
public static class InheritanceTrampoline
{
    public const int Length = CommonLength + LongestHead + PassBlock.Length;

    private const int CommonLength = 43, LongestHead = 17;

    /// <summary>linux/sched.h.</summary>
    private const int SetTls = 0x80000;

    public static CodeWrite Initial(RedirectPlan plan, bool isClone3)
    {
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        var head = isClone3 ? Clone3Head : CloneHead;
        int pass = head.Length + CommonLength;
        byte[] code = [.. head, .. Common, .. PassBlock.Encode(plan, plan.Trampoline + pass)];
        code.CopyTo(bytes, 0);
        return new(plan.Trampoline, bytes);
    }

    private static byte[] Clone3Head =>
    [
        0x48, 0x85, 0xff, 0x74, LongestHead + CommonLength - 5, // test %rdi, %rdi; je pass
        0xf7, 0x07, SetTls & 0xff, (SetTls >> 8) & 0xff, (SetTls >> 16) & 0xff, 0, 0x74, LongestHead + CommonLength - 13, // testl $SetTls, (%rdi); je pass
        0x4c, 0x8b, 0x5f, 56, // mov 56(%rdi), %r11: clone_args.tls (linux/sched.h)
    ];

    private static byte[] CloneHead =>
    [
        0xf7, 0xc2, SetTls & 0xff, (SetTls >> 8) & 0xff, (SetTls >> 16) & 0xff, 0, 0x74, 11 + CommonLength - 8, // test $SetTls, %edx; je pass
        0x4d, 0x89, 0xcb, // mov %r9, %r11
    ];

    private static byte[] Common =>
    [
        0x4d, 0x39, 0x1b, 0x75, CommonLength - 5, // cmp %r11, (%r11); jne pass
        0x4d, 0x39, 0x5b, 0x10, 0x75, CommonLength - 11, // cmp %r11, 16(%r11); jne pass
        .. Copy(ThreadWord.Offset), .. Copy(ThreadWord.GrantOffset),
    ];

    /// <summary>mov %fs:offset, %r10d; mov %r10d, offset(%r11)</summary>
    private static byte[] Copy(byte offset) =>
        [0x64, 0x44, 0x8b, 0x14, 0x25, offset, 0, 0, 0, 0x45, 0x89, 0x93, offset, 0, 0, 0];
}
