/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that sleeps. `swap` ends it, starts another one in its place, and answers "swapped": as many threads as before, and not the same.
 * For: who stops all threads must not take their number for them (ProcessStop).
 */
#include "target.h"

#include <semaphore.h>
#include <stdatomic.h>

static sem_t started, end;
static atomic_int id;

static void *sleeper(void *unused)
{
    atomic_store(&id, thread_id());
    sem_post(&started);
    while (sem_wait(&end) != 0)
        ;
    return unused;
}

static pthread_t start_sleeper(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleeper, NULL) != 0)
        fail("pthread_create");
    while (sem_wait(&started) != 0)
        ;
    return thread;
}

int main(void)
{
    sem_init(&started, 0, 0);
    sem_init(&end, 0, 0);
    pthread_t thread = start_sleeper();
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "swap") == 0) {
            sem_post(&end);
            pthread_join(thread, NULL);
            while (syscall(SYS_tgkill, getpid(), atomic_load(&id), 0) == 0) /* the kernel needs a moment more */
                usleep(100);
            thread = start_sleeper();
            printf("swapped\n");
        }
        fflush(stdout);
    }
}
