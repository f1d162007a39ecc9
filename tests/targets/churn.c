/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that are born and die all the time: four makers each start a thread, wait for its end, and again. Each short
 * thread serves ten requests of two steps. For: a new thread starts in the newest generation, a dead one is not waited
 * for, stale thread words on reused stacks do no harm.
 * `report` answers one line of JSON: born, old, new, mixed, and back: threads that saw the old version after a new one.
 */
#include "target.h"

static unsigned long begun, born, old_requests, new_requests, mixed, back;

#define COUNT(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_RELAXED)

REPLACEABLE int first_step(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

REPLACEABLE int second_step(int first)
{
    __asm__ volatile("" ::: "memory");
    return first == VERSION ? VERSION : -first;
}

/* The quiescence point: start of a request. Counting first gives a hook an instruction that it can replace: a call it cannot. */
REPLACEABLE int handle_request(void)
{
    COUNT(begun);
    int first = first_step();
    int second = second_step(first);
    if (first != second)
        COUNT(mixed);
    else if (first == 1)
        COUNT(old_requests);
    else
        COUNT(new_requests);
    return first;
}

static void *short_life(void *argument)
{
    int latest = 0;
    for (int i = 0; i < 10; i++) {
        int version = handle_request();
        if (version < latest)
            COUNT(back);
        latest = version;
        sched_yield();
    }
    return argument;
}

static void *maker(void *argument)
{
    for (;;) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, short_life, NULL);
        if (errno != 0)
            fail("pthread_create");
        COUNT(born);
        pthread_join(thread, NULL);
    }
    return argument;
}

int main(void)
{
    for (int i = 0; i < 4; i++)
        start_thread(maker, NULL);
    while (__atomic_load_n(&born, __ATOMIC_RELAXED) < 8)
        sched_yield();
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0) {
            printf("{\"born\":%lu,\"old\":%lu,\"new\":%lu,\"mixed\":%lu,\"back\":%lu}\n", born, old_requests, new_requests, mixed, back);
            fflush(stdout);
        }
    }
}
