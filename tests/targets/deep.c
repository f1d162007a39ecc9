/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that wait at the bottom of a deep stack: `deep DEPTH THREADS`. For: what a stop takes by the depth of the stack.
 * `answer` answers "answer VERSION".
 */
#include "target.h"

#include <semaphore.h>

static sem_t never, waiting;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

/* Not a tail call, and a frame with something in it. */
REPLACEABLE int descend(int depth, int *above)
{
    volatile int here[8] = {depth};
    if (depth <= 1) {
        sem_post(&waiting);
        while (sem_wait(&never) != 0)
            ;
        return *above;
    }
    return descend(depth - 1, (int *)here) + here[0];
}

static void *body(void *argument)
{
    int first = 0;
    descend(*(int *)argument, &first);
    return argument;
}

int main(int count, char **arguments)
{
    static int depth;
    depth = count > 1 ? atoi(arguments[1]) : 200;
    int threads = count > 2 ? atoi(arguments[2]) : 4;
    sem_init(&never, 0, 0);
    sem_init(&waiting, 0, 0);
    for (int i = 0; i < threads; i++) {
        start_thread(body, &depth);
        while (sem_wait(&waiting) != 0)
            ;
    }
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "answer") == 0) {
            printf("answer %d\n", answer());
            fflush(stdout);
        }
    }
}
