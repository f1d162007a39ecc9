/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that waits for long between two of its steps, in neither of them. For: a thread that is blocked in the middle of
 * a request is not migrated there, although no replaced function is on its stack.
 * `release` lets the request go on; it answers "served FIRST SECOND", the versions of its steps. After that the thread makes
 * a request each millisecond, and `report` answers "latest FIRST SECOND".
 */
#include "target.h"

#include <semaphore.h>

static sem_t go;
static int latest[2];

REPLACEABLE int first_step(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

REPLACEABLE int second_step(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

/* The quiescence point: start of a request. */
REPLACEABLE void handle_request(int wait, int *versions)
{
    versions[0] = first_step();
    if (wait && sem_wait(&go) != 0)
        fail("sem_wait");
    versions[1] = second_step();
}

static void *server(void *argument)
{
    int versions[2];
    pthread_setname_np(pthread_self(), "server");
    handle_request(1, versions);
    printf("served %d %d\n", versions[0], versions[1]);
    fflush(stdout);
    for (;;) {
        handle_request(0, versions);
        __atomic_store_n(&latest[0], versions[0], __ATOMIC_RELAXED);
        __atomic_store_n(&latest[1], versions[1], __ATOMIC_RELAXED);
        usleep(1000);
    }
    return argument;
}

int main(void)
{
    sem_init(&go, 0, 0);
    start_thread(server, NULL);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "release") == 0)
            sem_post(&go);
        else if (strcmp(line, "report") == 0) {
            printf("latest %d %d\n", __atomic_load_n(&latest[0], __ATOMIC_RELAXED), __atomic_load_n(&latest[1], __ATOMIC_RELAXED));
            fflush(stdout);
        }
    }
}
