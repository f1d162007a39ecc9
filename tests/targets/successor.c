/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instruction has one byte and the second a small constant, so that a jump of one byte would lead into the
 * program itself.
 * For: redirects for which the second instruction is evicted.
 */
#include "answers.h"

/* Its result is VERSION, and rbx is as it was. */
__attribute__((naked, noipa)) int answer(void)
{
    __asm__("push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
            "mov $4, %esi\n"
            "mov $" TEXT(VERSION) ", %eax\n"
            "xor %ebx, %ebx\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
            "ret");
}

int main(void)
{
    serve_reports();
}
