/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads call `outer`, which calls `inner`, again and again with a short sleep. Version 2 has another outer, version 3 the outer of
 * 2 and another inner. An answer is 10 times the outer's number plus the inner's: 11, 21 and 23 in versions 1, 2 and 3.
 * For: new code of an older patch that calls what a newer one replaces. Prints "thread TID" for each thread;
 * `report` answers "ANSWER ANSWER", the latest of each, once both have given two more.
 */
#include "target.h"

#include <stdatomic.h>

static atomic_int latest[2];
static atomic_ulong given[2];
static int threads[2];

REPLACEABLE int inner(void)
{
    __asm__ volatile("");
    return VERSION >= 3 ? 3 : 1;
}

REPLACEABLE int outer(void)
{
    __asm__ volatile("");
    return (VERSION >= 2 ? 20 : 10) + inner();
}

static void *caller(void *number)
{
    int me = (int)(intptr_t)number;
    __atomic_store_n(&threads[me], thread_id(), __ATOMIC_RELEASE);
    for (;;) {
        atomic_store(&latest[me], outer());
        atomic_fetch_add(&given[me], 1);
        usleep(500);
    }
    return NULL;
}

static void wait_for_two_more(int of)
{
    unsigned long now = atomic_load(&given[of]);
    while (atomic_load(&given[of]) < now + 2)
        usleep(500);
}

int main(void)
{
    char line[64];
    for (int i = 0; i < 2; i++) {
        start_thread(caller, (void *)(intptr_t)i);
        while (__atomic_load_n(&threads[i], __ATOMIC_ACQUIRE) == 0)
            usleep(500);
        printf("thread %d\n", threads[i]);
    }
    ready();
    for (;;) {
        next_command(line, sizeof line);
        wait_for_two_more(0);
        wait_for_two_more(1);
        printf("%d %d\n", atomic_load(&latest[0]), atomic_load(&latest[1]));
        fflush(stdout);
    }
}
