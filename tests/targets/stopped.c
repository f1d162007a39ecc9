/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function of answers.h has short instructions only, and nearly all memory that jumps within them could lead to is taken.
 * For: redirects that are written while all threads are stopped.
 */
#include "answers.h"
#include <sys/mman.h>

/* Its result is VERSION, and rbx is as it was. */
__attribute__((naked, noipa)) int answer(void)
{
    __asm__("push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
            "xor %ebx, %ebx\n"
            "lea " TEXT(VERSION) "(%rbx), %eax\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
            "ret");
}

/* What is free of a range whose size is a power of two, at least a page. */
static void take(uintptr_t start, uintptr_t size)
{
    if (mmap((void *)start, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED)
        return;
    if (errno != EEXIST)
        fail("mmap");
    if (size > 4096) {
        take(start, size / 2);
        take(start + size / 2, size / 2);
    }
}

/* All that is within reach of a jump, but for 64 MiB. */
static void take_memory(void)
{
    const uintptr_t piece = (uintptr_t)64 << 20, here = (uintptr_t)&take_memory & -piece;
    for (int i = -33; i <= 33; i++)
        if (i != 2)
            take(here + (uintptr_t)i * piece, piece);
}

int main(void)
{
    take_memory();
    serve_reports();
}
