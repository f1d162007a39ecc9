/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads call `answer`, which the program defines and a patch replaces, as fast as they can; a third serves commands:
 * `report` answers "answers OLD NEW wrong N", counted since the last one.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "target.h"

#include <stdatomic.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* Gives VERSION and keeps rbx. */
int answer(void);

static atomic_ulong answers[3];

static void *busy(void *nothing)
{
    for (;;) {
        int got = answer();
        atomic_fetch_add_explicit(&answers[got == 1 ? 0 : got == 2 ? 1 : 2], 1, memory_order_relaxed);
    }
    return nothing;
}

static inline void serve_reports(void)
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

#endif
