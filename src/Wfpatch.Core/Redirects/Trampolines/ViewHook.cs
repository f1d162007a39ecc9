// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What a <see cref="HookTrampoline"/> has behind it where the backend aspace made it: the thread that comes by goes over to another view of the address space, by a system call
/// of its own.
/// <code>
///  destination  an aligned word: the view
///  +0   leave the red zone, save rax, rcx, rdx, rsi, rdi, r11
/// +12   mov  destination, esi
/// +18   wfgen_migrate(0, esi, 0)
/// +35   restore all; jmp pass
/// </code>
/// A system call keeps the flags, and nothing else here touches them. Who is in the view already asks again each time that it comes by, as long as the transition is open: what a thread
/// could note of that in its control block, the next thread with the same stack would find.
/// It needs no sets: the word is read once. A thread that was halted behind that asks for a view of an earlier transition, which is deleted when that transition ends or is turned
/// round: the kernel refuses it (ENOENT), and the thread stays where it is.
/// </summary>
public static class ViewHook
{
    /// <summary>Of the whole trampoline.</summary>
    public const int Length = CodeOffset + CodeLength;

    /// <summary>wfgen_migrate(2): include/uapi/linux/wfgen.h of the series in kernel/.</summary>
    private const int SysMigrate = 1001;

    private const int DestinationLength = 4, CodeOffset = HookTrampoline.Length + (2 * DestinationLength), CodeLength = 55;

    internal static Address CodeAt(Address trampoline) => trampoline + CodeOffset;

    /// <summary>Where the destination stands.</summary>
    public static AddressRange Operand(Address trampoline) => AddressRange.OfLength((trampoline + HookTrampoline.Length).AlignUp(DestinationLength), DestinationLength);

    /// <summary>Where passers-by go over to. One aligned word.</summary>
    public static CodeWrite WriteDestination(Address trampoline, int view)
    {
        var bytes = new byte[DestinationLength];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, view);
        return new(Operand(trampoline).Start, bytes);
    }

    internal static void Put(Span<byte> bytes, Address trampoline)
    {
        bytes.Slice((int)(Operand(trampoline).Start - trampoline), DestinationLength).Clear();
        Code(CodeAt(trampoline), trampoline).CopyTo(bytes[CodeOffset..]);
    }

    private static byte[] Code(Address at, Address trampoline) =>
    [
        0x48, 0x8d, 0x64, 0x24, 0x80, // lea -128(%rsp), %rsp
        0x50, 0x51, 0x52, 0x56, 0x57, 0x41, 0x53, // push %rax, %rcx, %rdx, %rsi, %rdi, %r11
        0x8b, 0x35, .. NearJump.EncodeDisplacement(at + 18, Operand(trampoline).Start), // mov destination, %esi
        0xbf, 0, 0, 0, 0, 0xba, 0, 0, 0, 0, // mov $0, %edi; mov $0, %edx
        0xb8, SysMigrate & 0xff, SysMigrate >> 8, 0, 0, 0x0f, 0x05, // mov $wfgen_migrate, %eax; syscall
        0x41, 0x5b, 0x5f, 0x5e, 0x5a, 0x59, 0x58, // pop %r11, %rdi, %rsi, %rdx, %rcx, %rax
        0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0, // lea 128(%rsp), %rsp
        .. NearJump.Encode(at + 50, trampoline + HookTrampoline.Pass),
    ];
}
