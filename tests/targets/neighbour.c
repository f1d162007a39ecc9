/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function of answers.h begins with short instructions, and nearly all memory that jumps within them could lead to is taken; only an instruction farther on has
 * bytes enough.
 * For: redirects whose entry is a short jump into an evicted instruction.
 */
#include "answers.h"
#include "taken.h"

/* Its result is VERSION, and r12 is as it was. In the middle of the long instruction, which begins at a multiple of eight, r12 is on the stack. */
__attribute__((naked, noipa, aligned(16))) int answer(void)
{
    __asm__("push %r12\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r12, 0\n"
            "xor %edx, %edx\n"
            "xor %ecx, %ecx\n"
            "xor %esi, %esi\n"
            "movabs $0x0800123456789abc, %r12\n" /* its last bytes lead a jump into what is free: 128 MiB ahead */
            "mov $" TEXT(VERSION) ", %eax\n"
            "pop %r12\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r12\n"
            "ret");
}

int main(void)
{
    take_memory();
    serve_reports();
}
