// SPDX-License-Identifier: Apache-2.0
/*
 * C whose frames are unwound by force: threads that are cancelled or leave in the middle of a replaced function.
 * For: pthread_cancel, pthread_exit and backtrace() through new code. Compiled with -fexceptions each frame says farewell
 * (`cancel` and `exit` answer "VERSION of the replaced frame, farewells of it, farewells of the unchanged one"); compiled without,
 * no library for unwinding is loaded until it is needed. `park` leaves a thread there. `frames` answers how many frames backtrace() sees, and VERSION.
 */
#include "target.h"

#include <execinfo.h>
#include <semaphore.h>

static sem_t inside;
static int version_inside, farewells, outer_farewells;

static void say_farewell(int *version)
{
    version_inside = *version;
    farewells++;
}

static void say_outer_farewell(int *version)
{
    outer_farewells += *version;
}

REPLACEABLE void stay(int leave)
{
    int version __attribute__((cleanup(say_farewell))) = VERSION;
    version_inside = version;
    if (leave)
        pthread_exit(NULL);
    sem_post(&inside);
    for (;;)
        pause();
}

REPLACEABLE int count_frames(void)
{
    void *frames[64];
    int seen = backtrace(frames, 64);
    return seen * 10 + VERSION;
}

static __attribute__((noinline, noclone)) void call_stay(int leave)
{
    int one __attribute__((cleanup(say_outer_farewell))) = 1;
    stay(leave);
    __asm__ volatile("" ::"r"(&one));
}

static void *body(void *leave)
{
    call_stay(leave != NULL);
    return NULL;
}

static void run(int leave)
{
    pthread_t thread;
    farewells = outer_farewells = version_inside = 0;
    errno = pthread_create(&thread, NULL, body, leave ? &inside : NULL);
    if (errno != 0)
        fail("pthread_create");
    if (!leave) {
        sem_wait(&inside);
        pthread_cancel(thread);
    }
    pthread_join(thread, NULL);
    printf("%d %d %d\n", version_inside, farewells, outer_farewells);
}

int main(void)
{
    sem_init(&inside, 0, 0);
    ready();
    for (;;) {
        char line[64];
        next_command(line, sizeof line);
        if (strcmp(line, "cancel") == 0)
            run(0);
        else if (strcmp(line, "exit") == 0)
            run(1);
        else if (strcmp(line, "park") == 0) {
            start_thread(body, NULL);
            sem_wait(&inside);
            printf("parked\n");
        } else if (strcmp(line, "frames") == 0) {
            int seen = count_frames();
            printf("%d %d\n", seen / 10, seen % 10);
        }
        fflush(stdout);
    }
}
