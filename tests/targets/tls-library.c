/* SPDX-License-Identifier: Apache-2.0 */
/* A library with thread-local variables of all kinds: its own, shown to others, and another module's. For libhost.c. */
#ifndef VERSION
#define VERSION 1
#endif

extern __thread int host_mark;

static __thread int hits = 7, twice;
__thread int shown;
__attribute__((visibility("hidden"))) __thread char hidden[3];

/* With much of it the library gets no fixed place behind the thread pointer. */
#ifdef ROOM
__thread char room[ROOM];
#endif

/* Each variable counts, in its own thread, all calls of both versions. */
__attribute__((noinline, noclone)) int step(void)
{
    hits += 1;
    twice += 2;
    shown += 10;
    hidden[2] += 1;
    return VERSION * 100000 + hits - 7 + twice + shown + hidden[2] + host_mark;
}

__attribute__((noinline, noclone)) int only_shown(void)
{
    shown += 10;
    return VERSION * 100000 + shown;
}
