/* SPDX-License-Identifier: Apache-2.0 */
/*
 * self-patching [dispatch|aspace [local|global]]: a program that patches itself (include/wfpatch-self.h), with the two loops of the paper's talk: that of a worker, which
 * is quiescent between two requests, and that of the patcher, which makes a generation, lets workers go over and waits for the last one.
 *
 *     gcc -O2 -pthread -o self-patching self-patching.c
 *
 * It says `ready`, or `none` where this kernel has no address-space generations, and takes commands on stdin, a line each:
 *   patch N     functions answer N from now on; answers "patched N" when all workers have gone over
 *   report      "report served=N old=N mixed=N born=N": requests so far, those that were served by another generation than the one that was switched to last
 *               while no switch was open, those whose two halves were of two versions, and threads that were born and have died
 *   hold        a worker begins a request that ends with `go`; answers "holding"
 *   switch N    as patch, but waits for nobody; answers "switched"
 *   behind      "behind N waiting N": threads that have not gone over, and those of them that stand at the barrier
 *   go          answers "went FIRST SECOND", the halves of that request
 *   rest        waits for those who were behind; answers "patched"
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../include/wfpatch-self.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 3 };

static struct wf_program program = WF_PROGRAM;
static enum wf_consistency consistency;

/* ----- what is patched: a request has two halves, which must be of one version ----- */

static WF_REPLACEABLE int first(void) { return 1; }
static WF_REPLACEABLE int second(void) { return 1; }
static int first_2(void) { return 2; }
static int second_2(void) { return 2; }
static int first_3(void) { return 3; }
static int second_3(void) { return 3; }

static struct wf_slot first_slot = WF_SLOT(first), second_slot = WF_SLOT(second);
static void *const firsts[] = { NULL, NULL, (void *)first_2, (void *)first_3 };
static void *const seconds[] = { NULL, NULL, (void *)second_2, (void *)second_3 };

/* ----- counters ----- */

static unsigned long served, old_served, mixed, born;
static int settled = 1, holding, may_go, held[2];

#define COUNT(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_RELAXED)
#define GET(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define SET(variable, value) __atomic_store_n(&(variable), value, __ATOMIC_SEQ_CST)

static void check(int error, const char *what)
{
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", what, strerror(-error));
        exit(1);
    }
}

static void serve(struct wf_thread *me)
{
    int wanted = GET(settled);
    int a = WF_VERSION(me, first)(), b = WF_VERSION(me, second)();
    COUNT(served);
    if (a != b)
        COUNT(mixed);
    if (wanted != 0 && a != wanted && GET(settled) == wanted)
        COUNT(old_served);
}

/* ----- the worker's loop ----- */

static void *worker(void *unused)
{
    struct wf_thread me;
    check(wf_self_birth(&program, &me), "birth");
    for (;;) {
        check(wf_self_quiescence(&program, &me), "quiescence");
        serve(&me);
    }
    return unused;
}

/* One that holds a request where it is told to. */
static void *holder(void *unused)
{
    struct wf_thread me;
    check(wf_self_birth(&program, &me), "birth");
    held[0] = WF_VERSION(&me, first)();
    SET(holding, 1);
    while (GET(may_go) == 0)
        sched_yield();
    held[1] = WF_VERSION(&me, second)();
    check(wf_self_quiescence(&program, &me), "quiescence");
    wf_self_death(&program, &me);
    SET(holding, 0);
    return unused;
}

/* Threads come and go while others are patched. */
static void *short_life(void *unused)
{
    struct wf_thread me;
    check(wf_self_birth(&program, &me), "birth");
    serve(&me);
    wf_self_death(&program, &me);
    COUNT(born);
    return unused;
}

static void *maker(void *unused)
{
    for (;;) {
        pthread_t thread;
        check(-pthread_create(&thread, NULL, short_life, NULL), "pthread_create");
        pthread_join(thread, NULL);
    }
    return unused;
}

/* ----- the patcher's loop ----- */

static void change_to(int version)
{
    check(wf_self_begin(&program), "begin");
    check(wf_self_replace(&program, &first_slot, firsts[version]), "replace");
    check(wf_self_replace(&program, &second_slot, seconds[version]), "replace");
    SET(settled, 0);
    check(wf_self_switch(&program, consistency), "switch");
}

static void wait_for_all(int version)
{
    int error;
    while ((error = wf_self_await(&program, 1000)) == -ETIMEDOUT)
        ;
    check(error, "await");
    SET(settled, version);
}

static void start(void *(*body)(void *))
{
    pthread_t thread;
    check(-pthread_create(&thread, NULL, body, NULL), "pthread_create");
    pthread_detach(thread);
}

static void patcher(void)
{
    char line[64];
    int version = 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        int wanted = 0;
        if (sscanf(line, "patch %d", &wanted) == 1 || sscanf(line, "switch %d", &wanted) == 1) {
            if (wanted < 1 || wanted > 3)
                exit(2);
            version = wanted;
            change_to(version);
        }
        if (line[0] == 'p') {
            wait_for_all(version);
            printf("patched %d\n", version);
        } else if (line[0] == 's') {
            printf("switched\n");
        } else if (strcmp(line, "behind\n") == 0) {
            pthread_mutex_lock(&program.lock);
            printf("behind %u waiting %u\n", program.behind, program.opened == program.generation ? 0 : program.arrived);
            pthread_mutex_unlock(&program.lock);
        } else if (strcmp(line, "rest\n") == 0) {
            wait_for_all(version);
            printf("patched\n");
        } else if (strcmp(line, "hold\n") == 0) {
            SET(may_go, 0);
            start(holder);
            while (GET(holding) == 0)
                sched_yield();
            printf("holding\n");
        } else if (strcmp(line, "go\n") == 0) {
            SET(may_go, 1);
            while (GET(holding) != 0)
                sched_yield();
            printf("went %d %d\n", held[0], held[1]);
        } else {
            printf("report served=%lu old=%lu mixed=%lu born=%lu\n", GET(served), GET(old_served), GET(mixed), GET(born));
        }
        fflush(stdout);
    }
}

int main(int count, char **arguments)
{
    if (count > 3)
        return 2;
    consistency = count > 2 && strcmp(arguments[2], "global") == 0 ? WF_GLOBAL : WF_LOCAL;
    int error = wf_self_choose(&program, count > 1 && strcmp(arguments[1], "aspace") == 0 ? WF_ASPACE : WF_DISPATCH);
    if (error == -ENOSYS) {
        printf("none\n");
        return 0;
    }
    check(error, "choose");
    for (int i = 0; i < WORKERS; i++)
        start(worker);
    start(maker);
    printf("ready\n");
    fflush(stdout);
    patcher();
    return 0;
}
