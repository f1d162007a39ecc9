/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--threads N` threads that call two replaceable functions again and again, and count who is in which version: the first moment in which two versions
 * are executed at the same time, by whatever threads, is an overlap. For: global transitions.
 *
 * The functions take a lock that threads also hold outside of them. `--pause-us P` is how long a thread sleeps outside (default 1000; 0: it never sleeps).
 * `--forks 1` adds a thread that makes children; each child makes calls and must see one version alone.
 * `--stay 1` adds a thread that stays inside of one function until `release`.
 * `report` answers "report calls=C overlaps=O newest=V".
 */
#include "target.h"

#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define VERSIONS 8

static atomic_int inside[VERSIONS];
static atomic_long calls, overlaps;
static atomic_int newest, released;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long pause_us = 1000;
static pthread_barrier_t all_started;

__attribute__((noinline)) static void enter(int version)
{
    atomic_fetch_add(&inside[version], 1);
    for (int other = 0; other < VERSIONS; other++)
        if (other != version && atomic_load(&inside[other]) != 0)
            atomic_fetch_add(&overlaps, 1);
    atomic_store(&newest, version);
}

__attribute__((noinline)) static void leave(int version)
{
    atomic_fetch_sub(&inside[version], 1);
    atomic_fetch_add(&calls, 1);
}

static void work(int rounds)
{
    for (int i = 0; i < rounds; i++)
        __asm__ volatile("" ::: "memory");
}

REPLACEABLE int second(int rounds)
{
    enter(VERSION);
    pthread_mutex_lock(&lock);
    work(rounds);
    pthread_mutex_unlock(&lock);
    leave(VERSION);
    return VERSION;
}

REPLACEABLE int first(int rounds)
{
    enter(VERSION);
    work(rounds);
    int version = second(rounds);
    leave(VERSION);
    return version == VERSION ? VERSION : -1;
}

REPLACEABLE int stay(void)
{
    enter(VERSION);
    while (!atomic_load(&released))
        usleep(1000);
    leave(VERSION);
    return VERSION;
}

static void *caller(void *number)
{
    char name[16];
    snprintf(name, sizeof name, "caller-%ld", (long)(intptr_t)number);
    prctl(PR_SET_NAME, name);
    pthread_barrier_wait(&all_started);
    for (unsigned i = 0;; i++) {
        if (i % 2 == 0)
            first(2000);
        else
            second(4000);
        pthread_mutex_lock(&lock);
        work(1000);
        pthread_mutex_unlock(&lock);
        if (pause_us > 0)
            usleep((useconds_t)pause_us);
    }
    return NULL;
}

static void *forker(void *unused)
{
    (void)unused;
    prctl(PR_SET_NAME, "forker");
    pthread_barrier_wait(&all_started);
    for (;;) {
        pthread_mutex_lock(&lock); /* so that it is free in the child */
        pid_t child = fork();
        pthread_mutex_unlock(&lock);
        if (child == 0) {
            int version = second(100);
            for (int i = 0; i < 50; i++)
                if (second(1000) != version)
                    _exit(1);
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child)
            fail("fork");
        if (status != 0)
            atomic_fetch_add(&overlaps, 1);
        usleep(1000);
    }
    return NULL;
}

static void *stayer(void *unused)
{
    (void)unused;
    prctl(PR_SET_NAME, "stayer");
    pthread_barrier_wait(&all_started);
    stay();
    for (;;)
        pause();
    return NULL;
}

int main(int argc, char **argv)
{
    long threads = 4;
    int forks = 0, stays = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--pause-us") == 0)
            pause_us = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--forks") == 0)
            forks = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--stay") == 0)
            stays = atoi(argv[i + 1]);
    }
    pthread_barrier_init(&all_started, NULL, (unsigned)(threads + forks + stays + 1));
    for (long i = 0; i < threads; i++)
        start_thread(caller, (void *)(intptr_t)i);
    if (forks)
        start_thread(forker, NULL);
    if (stays)
        start_thread(stayer, NULL);
    pthread_barrier_wait(&all_started);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0)
            printf("report calls=%ld overlaps=%ld newest=%d\n", atomic_load(&calls), atomic_load(&overlaps), atomic_load(&newest));
        else if (strcmp(line, "release") == 0) {
            atomic_store(&released, 1);
            printf("released\n");
        }
        fflush(stdout);
    }
}
