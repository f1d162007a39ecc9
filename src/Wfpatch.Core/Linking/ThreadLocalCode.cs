// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace Wfpatch.Core.Linking;

/// <summary>The functions of our own by which new code finds thread-local variables.</summary>
internal static class ThreadLocalCode
{
    public const int GetterSize = 40;
    public const int ReturnSize = 16;

    /// <summary>
    /// Stands for __tls_get_addr, and takes its argument: a pair of module and offset. No module has the number 0; with it the offset is
    /// from the thread pointer, so that a variable with a fixed place needs no module. Everything else goes on to the C library's.
    /// </summary>
    /// <param name="at">Where it stands, and <paramref name="slot"/> where its slot with the C library's function does: offsets in one image.</param>
    public static void WriteGetter(Span<byte> code, long at, long slot)
    {
        ReadOnlySpan<byte> bytes =
        [
            0xf3, 0x0f, 0x1e, 0xfa, // endbr64
            0x48, 0x83, 0x3f, 0x00, // cmpq $0, (%rdi)
            0x75, 0x0e, // jne over
            0x48, 0x8b, 0x47, 0x08, // mov 8(%rdi), %rax
            0x64, 0x48, 0x03, 0x04, 0x25, 0, 0, 0, 0, // add %fs:0, %rax
            0xc3, // ret
            0xff, 0x25, // over: jmp *slot(%rip)
        ];
        bytes.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code[bytes.Length..], (int)(slot - (at + bytes.Length + 4)));
    }

    /// <summary>The function of a descriptor whose argument is the offset itself. It may change RAX alone.</summary>
    public static void WriteReturn(Span<byte> code)
    {
        ReadOnlySpan<byte> bytes =
        [
            0xf3, 0x0f, 0x1e, 0xfa, // endbr64
            0x48, 0x8b, 0x40, 0x08, // mov 8(%rax), %rax
            0xc3, // ret
        ];
        bytes.CopyTo(code);
    }
}
