/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the small programs of this folder share. Each says `ready` when its threads stand where they shall, takes commands
 * on stdin, a line each, and ends when stdin ends, so that it never outlives the test that started it.
 * Functions that patches replace give VERSION, which is 1 in the program and higher in the objects of a patch.
 * A line `with: FILE...` in the first comment of a program names further sources.
 */
#ifndef TARGET_H
#define TARGET_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 1
#endif

#define REPLACEABLE __attribute__((noinline, noclone))

static inline int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int thread_id(void)
{
    return (int)syscall(SYS_gettid);
}

__attribute__((noreturn)) static inline void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

static inline void start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, body, argument);
    if (errno != 0)
        fail("pthread_create");
    pthread_detach(thread);
}

static inline void ready(void)
{
    printf("ready\n");
    fflush(stdout);
}

/* Reads one command into `line`, without its end of line; leaves the program when stdin has ended. */
static inline void next_command(char *line, int size)
{
    if (fgets(line, size, stdin) == NULL)
        _exit(0);
    line[strcspn(line, "\n")] = '\0';
}

#endif
