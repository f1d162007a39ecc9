/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that calls a function that a patch replaces as often as it can, and is interrupted by a profiler that asks for its backtrace
 * in the handler. For: the backtrace always reaches the thread's first function, wherever it was interrupted: in a trampoline, too.
 * `sample N` interrupts it N times, one after another, and answers "sampled N lost M". `find ADDRESS` answers "found" where the unwinder
 * knows code at that address, else "unknown".
 */
#include "target.h"

#include <execinfo.h>
#include <semaphore.h>
#include <signal.h>
#include <unwind.h>

static unsigned long handled, lost;
static sem_t sampled;
static int version;
static pthread_t runner;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

static void *run(void *argument)
{
    pthread_setname_np(pthread_self(), "runner");
    for (;;)
        __atomic_store_n(&version, answer(), __ATOMIC_RELAXED);
    return argument;
}

static void on_sample(int number)
{
    void *frames[32];
    int count = backtrace(frames, 32);
    int found = number == 0;
    for (int i = 0; i < count; i++)
        if (_Unwind_FindEnclosingFunction(frames[i]) == (void *)run)
            found = 1;
    if (!found)
        lost++;
    handled++;
    sem_post(&sampled);
}

static void sample(long count)
{
    for (; count > 0; count--) {
        pthread_kill(runner, SIGPROF);
        while (sem_wait(&sampled) != 0)
            ;
    }
}

int main(void)
{
    void *one[1];
    struct sigaction action = {.sa_handler = on_sample, .sa_flags = SA_RESTART};
    backtrace(one, 1); /* loads the unwinder, which a handler must not do */
    sigaction(SIGPROF, &action, NULL);
    sem_init(&sampled, 0, 0);
    errno = pthread_create(&runner, NULL, run, NULL);
    if (errno != 0)
        fail("pthread_create");
    while (__atomic_load_n(&version, __ATOMIC_RELAXED) == 0)
        usleep(100); /* until it is in its function, which the samples look for */
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strncmp(line, "sample ", 7) == 0) {
            handled = lost = 0;
            sample(atol(line + 7));
            printf("sampled %lu lost %lu\n", handled, lost);
        } else if (strncmp(line, "find ", 5) == 0)
            printf("%s\n", _Unwind_FindEnclosingFunction((void *)(strtoul(line + 5, NULL, 16) + 1)) != NULL ? "found" : "unknown");
        fflush(stdout);
    }
}
