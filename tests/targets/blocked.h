/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of blocked.c share. */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "target.h"

extern long timeout_ms;
extern int event_fd, socket_pair[2], listener;

struct way {
    const char *name;
    long (*block)(void);
    int mover; /* and one */
    pthread_t thread;
    int tid;
};

struct timespec from_ms(long ms);
int epoll_of(int fd);
void fill(int fd);

/* The ways of parts/blocked-more.c, to the one without a name. */
enum { MORE_WAYS = 22 };
extern struct way more_ways[MORE_WAYS + 1];
int is_possible(const struct way *way);
void make_more(void);
void remove_more(void);
/* Wakes one that moves many bytes: at the end, since it takes its time. */
void wake_mover(int mover);
void wake_more(void);

#endif
