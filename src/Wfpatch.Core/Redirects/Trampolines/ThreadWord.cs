// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// Where a thread's generation is kept: a 32 bit word of glibc's thread control block at %fs:0x80, the first of the
/// bytes 0x80 to 0x27f that tcbhead_t names __glibc_unused2 (sysdeps/x86_64/nptl/tls.h) and nobody reads or writes.
/// </summary>
public static class ThreadWord
{
    public const int Offset = 0x80;
    public const int Size = 4;

    /// <summary>A second word behind it. 1: the thread is being visited, and may make a call again that ended with EINTR (CallGuardTrampoline).</summary>
    public const int PermitOffset = 0x84;

    /// <summary>A third word behind that: the generation that this one thread may go to at a quiescence point while points are open for canaries
    /// alone (HookTrampoline). Numbers are never used twice, so that an old one means nothing.</summary>
    public const int GrantOffset = 0x88;

    /// <summary>cmpl $generation, %fs:0x80</summary>
    public static ReadOnlySpan<byte> CompareOpcode => [0x64, 0x81, 0x3c, 0x25, Offset, 0, 0, 0];

    /// <summary>movl $generation, %fs:0x80</summary>
    public static ReadOnlySpan<byte> StoreOpcode => [0x64, 0xc7, 0x04, 0x25, Offset, 0, 0, 0];

    /// <summary>Bytes of either instruction with its 32 bit generation.</summary>
    public const int InstructionLength = 12;
}
