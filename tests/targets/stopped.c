/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function of answers.h has short instructions only, and nearly all memory that jumps within them could lead to is taken.
 * For: redirects that are written while all threads are stopped.
 */
#include "answers.h"
#include "taken.h"

/* Its result is VERSION, and rbx is as it was. */
__attribute__((naked, noipa)) int answer(void)
{
    __asm__("push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
            "xor %ebx, %ebx\n"
            "lea " TEXT(VERSION) "(%rbx), %eax\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
            "ret");
}

int main(void)
{
    take_memory();
    serve_reports();
}
