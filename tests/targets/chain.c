/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads call `outer`, which calls `inner`, again and again with a short sleep. Version 2 has another outer, version 3 the outer of
 * 2 and another inner; version 4 the outer of 1 and another inner; versions 5 and 6 a third outer and the inner of 1 and of 3. That outer
 * gets its number from a function that is new, and another one in version 7. An answer is 10 times the outer's number plus the inner's:
 * 11, 21, 23, 14, 51, 53 and 71 in versions 1 to 7.
 * For: new code of an older patch that calls what a newer one replaces; patches that replace all others. Prints "thread TID" for each thread;
 * `report` answers "ANSWER ANSWER", the latest of each, once both have given two more; `seen` all answers that were ever given, by number;
 * `hold` keeps the first thread within outer and answers when it is there; `second` is `report` of the second thread alone; `release` lets it go.
 */
#include "target.h"

#include <stdatomic.h>

static atomic_int latest[2];
static atomic_ulong given[2];
static atomic_int seen[100];
static atomic_int wanted, held; /* 1: the first thread shall be, is within outer */
static int threads[2];

static __attribute__((noinline)) void stay(void)
{
    if (atomic_load(&wanted) == 0 || thread_id() != threads[0])
        return;
    atomic_store(&held, 1);
    while (atomic_load(&wanted) != 0)
        usleep(500);
    atomic_store(&held, 0);
}

REPLACEABLE int inner(void)
{
    __asm__ volatile("");
    return VERSION == 4 ? 4 : VERSION == 3 || VERSION == 6 ? 3 : 1;
}

#if VERSION >= 5
static REPLACEABLE int third(void)
{
    __asm__ volatile("");
    return VERSION == 7 ? 70 : 50;
}
#endif

REPLACEABLE int outer(void)
{
    __asm__ volatile("");
    stay();
#if VERSION >= 5
    return third() + inner();
#else
    return (VERSION >= 2 && VERSION <= 3 ? 20 : 10) + inner();
#endif
}

static void *caller(void *number)
{
    int me = (int)(intptr_t)number;
    __atomic_store_n(&threads[me], thread_id(), __ATOMIC_RELEASE);
    for (;;) {
        int answer = outer();
        atomic_store(&latest[me], answer);
        atomic_store(&seen[answer], 1);
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
        if (strcmp(line, "seen") == 0) {
            for (int i = 0; i < 100; i++) {
                if (atomic_load(&seen[i]))
                    printf("%d ", i);
            }
            printf("\n");
        } else if (strcmp(line, "hold") == 0 || strcmp(line, "release") == 0) {
            int on = line[0] == 'h';
            atomic_store(&wanted, on);
            while (atomic_load(&held) != on)
                usleep(500);
            printf("%s\n", line);
        } else if (strcmp(line, "second") == 0) {
            wait_for_two_more(1);
            printf("%d\n", atomic_load(&latest[1]));
        } else {
            wait_for_two_more(0);
            wait_for_two_more(1);
            printf("%d %d\n", atomic_load(&latest[0]), atomic_load(&latest[1]));
        }
        fflush(stdout);
    }
}
