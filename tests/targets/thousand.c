/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thousand functions that a patch replaces, called one after another by four threads all the time. For: a large patch.
 * A thread calls all of them and adds up what they give; a sum that no single version gives counts as mixed.
 * `sum` answers "sum VERSION MIXED": the version of the latest sum, and how many were mixed.
 */
#include "target.h"

/* What all names end with: a state with a thousand long ones has no room. */
#ifndef TAIL
#define TAIL
#endif
#define PASTE(n, tail) function_##n##tail
#define FULL(n, tail) PASTE(n, tail)

/* Each with numbers of its own, so that no two functions have the same bytes. */
#define ONE(n) \
    REPLACEABLE int FULL(n, TAIL)(int x) \
    { \
        __asm__ volatile("" ::: "memory"); \
        return x * (3 + 1##n) + VERSION; \
    }
#define NAME(n) FULL(n, TAIL),
#define TEN(make, n) make(n##0) make(n##1) make(n##2) make(n##3) make(n##4) make(n##5) make(n##6) make(n##7) make(n##8) make(n##9)
#define HUNDRED(make, n) \
    TEN(make, n##0) TEN(make, n##1) TEN(make, n##2) TEN(make, n##3) TEN(make, n##4) \
    TEN(make, n##5) TEN(make, n##6) TEN(make, n##7) TEN(make, n##8) TEN(make, n##9)
#define THOUSAND(make) \
    HUNDRED(make, 0) HUNDRED(make, 1) HUNDRED(make, 2) HUNDRED(make, 3) HUNDRED(make, 4) \
    HUNDRED(make, 5) HUNDRED(make, 6) HUNDRED(make, 7) HUNDRED(make, 8) HUNDRED(make, 9)

THOUSAND(ONE)


enum { THREADS = 4, FUNCTIONS = 1000 };
static int (*const functions[])(int) = {THOUSAND(NAME)};
static int latest;
static long mixed;

/* The start of a round; where a thread may migrate. */
REPLACEABLE int handle_request(void)
{
    int sum = 0;
    for (int i = 0; i < FUNCTIONS; i++)
        sum += functions[i](0);
    return sum;
}

static void *body(void *argument)
{
    (void)argument;
    for (;;) {
        int sum = handle_request();
        if (sum % FUNCTIONS != 0)
            __atomic_add_fetch(&mixed, 1, __ATOMIC_RELAXED);
        __atomic_store_n(&latest, sum / FUNCTIONS, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(void)
{
    for (int i = 0; i < THREADS; i++)
        start_thread(body, NULL);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "sum") == 0)
            printf("sum %d %ld\n", __atomic_load_n(&latest, __ATOMIC_RELAXED), __atomic_load_n(&mixed, __ATOMIC_RELAXED));
        fflush(stdout);
    }
}
