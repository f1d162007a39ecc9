/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that never block and announce their quiescence points themselves (include/wfpatch.h), each kind by another thread:
 * `busy-*` between two requests, `local` and `global` by the paper's names, and the first thread, which asks its input
 * again and again, by a point of its own. For: the policy explicit migrates them without a stop.
 * With the argument `born` there are `maker` and the short threads that it starts, which announce birth and death.
 * With the argument `blocked` three more: `idle` waits for ever in the function with the point, `held` inside a
 * request of two steps until it is told `go` (it answers "held FIRST SECOND"), `apart` for ever, with no point on its stack.
 * `report` answers one line of JSON: requests, old, new, mixed, short.
 */
#include "target.h"

#include "../../include/wfpatch.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>

static unsigned long requests, old_requests, new_requests, mixed, born;
static int wake[2], never[2];

#define COUNT(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_RELAXED)
#define GET(counter) __atomic_load_n(&(counter), __ATOMIC_RELAXED)

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

static __attribute__((noinline)) void serve(void)
{
    int first = first_step();
    int second = second_step(first);
    COUNT(requests);
    if (first != second)
        COUNT(mixed);
    else if (first == 1)
        COUNT(old_requests);
    else
        COUNT(new_requests);
}

static void *busy(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        WF_QUIESCENCE_POINT_NAMED("request");
        serve();
    }
    return NULL;
}

static void *local(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        wf_local_quiescence();
        serve();
    }
    return NULL;
}

static void *global(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        wf_global_quiescence();
        serve();
    }
    return NULL;
}

static void *short_life(void *argument)
{
    wf_thread_birth("short");
    serve();
    wf_thread_death();
    COUNT(born);
    return argument;
}

static void *maker(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        unsigned long before = GET(born);
        start_thread(short_life, NULL);
        while (GET(born) == before) {
            WF_QUIESCENCE_POINT();
            sched_yield();
        }
    }
    return NULL;
}

static void *idle(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        WF_QUIESCENCE_POINT();
        char byte;
        if (read(never[0], &byte, 1) != 1)
            fail("read");
        serve();
    }
    return NULL;
}

static __attribute__((noinline)) void hold(void)
{
    char byte;
    int first = first_step();
    if (read(wake[0], &byte, 1) != 1)
        fail("read");
    int second = second_step(first);
    printf("held %d %d\n", first, second);
    fflush(stdout);
}

static void *held(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        WF_QUIESCENCE_POINT();
        hold();
    }
    return NULL;
}

static void *apart(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (;;) {
        char byte;
        if (read(never[0], &byte, 1) != 1)
            fail("read");
    }
    return NULL;
}

static void obey(char *line)
{
    if (strncmp(line, "report", 6) == 0)
        printf("{\"requests\":%lu,\"old\":%lu,\"new\":%lu,\"mixed\":%lu,\"short\":%lu}\n", GET(requests), GET(old_requests),
            GET(new_requests), GET(mixed), GET(born));
    else if (strncmp(line, "go", 2) == 0 && write(wake[1], "", 1) != 1)
        fail("write");
    fflush(stdout);
}

int main(int count, char **arguments)
{
    if (pipe(wake) != 0 || pipe(never) != 0)
        fail("pipe");
    start_thread(busy, "busy-0");
    start_thread(busy, "busy-1");
    start_thread(local, "local");
    start_thread(global, "global");
    int with_born = count > 1 && strcmp(arguments[1], "born") == 0;
    if (with_born)
        start_thread(maker, "maker");
    if (count > 1 && strcmp(arguments[1], "blocked") == 0) {
        start_thread(idle, "idle");
        start_thread(held, "held");
        start_thread(apart, "apart");
    }
    while (GET(requests) < 100 || (with_born && GET(born) < 2))
        sched_yield();
    if (fcntl(0, F_SETFL, O_NONBLOCK) != 0)
        fail("fcntl");
    ready();
    for (;;) {
        char line[64] = "";
        WF_QUIESCENCE_POINT_NAMED("input");
        ssize_t got = read(0, line, sizeof line - 1);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            _exit(0);
        if (got > 0)
            obey(line);
        sched_yield();
    }
}
