/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads call a function as fast as they can; a third serves commands. It has short instructions only, and nearly all
 * memory that jumps within them could lead to is taken.
 * For: redirects that are written while all threads are stopped. `report` answers "answers OLD NEW wrong N", counted since the last one.
 */
#include "target.h"

#include <stdatomic.h>
#include <sys/mman.h>

static atomic_ulong answers[3];

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* Its result is VERSION, and rbx is as it was. */
__attribute__((naked, noipa)) int answer(void)
{
    __asm__("push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
            "xor %ebx, %ebx\n"
            "lea " TEXT(VERSION) "(%rbx), %eax\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
            "ret");
}

static void *busy(void *nothing)
{
    for (;;) {
        int got = answer();
        atomic_fetch_add_explicit(&answers[got == 1 ? 0 : got == 2 ? 1 : 2], 1, memory_order_relaxed);
    }
    return nothing;
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
    char line[64];
    take_memory();
    start_thread(busy, NULL);
    start_thread(busy, NULL);
    ready();
    for (;;) {
        next_command(line, sizeof line);
        unsigned long old = atomic_exchange(&answers[0], 0), new = atomic_exchange(&answers[1], 0);
        printf("answers %lu %lu wrong %lu\n", old, new, atomic_load(&answers[2]));
        fflush(stdout);
    }
}
