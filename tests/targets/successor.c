/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads call a function as fast as they can; a third serves commands. Its first instruction has one byte and the second
 * a small constant, so that a jump of one byte would lead into the program itself.
 * For: redirects for which the second instruction is evicted. `report` answers "answers OLD NEW wrong N", counted since the last one.
 */
#include "target.h"

#include <stdatomic.h>

static atomic_ulong answers[3];

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

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

static void *busy(void *nothing)
{
    for (;;) {
        int got = answer();
        atomic_fetch_add_explicit(&answers[got == 1 ? 0 : got == 2 ? 1 : 2], 1, memory_order_relaxed);
    }
    return nothing;
}

int main(void)
{
    char line[64];
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
