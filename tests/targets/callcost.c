/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of a replaced function costs. `measure N` calls `measured` N times in a loop, in eleven rounds, and answers
 * "ns BEST MEDIAN version V": nanoseconds a call, the loop included (compare before, in transition and after). With the argument `stuck` a
 * second thread stays in `measured` until `release` (answer "ok"), so that a transition stays open as long as wanted.
 * `watch` passes `pass_point` again and again until `measured` gives another version (10 seconds at most) and answers
 * "migrated NS usual NS version V": what the one pass took in which this thread migrated, and the median of those before.
 */
#include "target.h"

enum { ROUNDS = 11 };

static volatile int released;
static volatile int sink;

REPLACEABLE int measured(int wait)
{
    __asm__ volatile("" ::: "memory");
    if (__builtin_expect(wait, 0)) {
        while (!released) {
            struct timespec pause = {.tv_nsec = 1000000};
            nanosleep(&pause, NULL);
        }
    }
    return VERSION;
}

/* The quiescence point of the one that measures: start of a round. */
REPLACEABLE double round_of(long calls)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < calls; i++)
        sink = measured(0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / (double)calls;
}

/* The quiescence point of `watch`. */
REPLACEABLE void pass_point(void)
{
    __asm__ volatile("" ::: "memory");
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void *stay(void *argument)
{
    pthread_setname_np(pthread_self(), "stays");
    sink = measured(1);
    for (;;) { /* once it has left: past the point again and again */
        round_of(1);
        usleep(1000);
    }
    return argument;
}

static void measure(long calls)
{
    double rounds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        rounds[i] = round_of(calls);
    qsort(rounds, ROUNDS, sizeof *rounds, by_value);
    printf("ns %.3f %.3f version %d\n", rounds[0], rounds[ROUNDS / 2], measured(0));
    fflush(stdout);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void watch(void)
{
    enum { KEPT = 4096 };
    static double passes[KEPT];
    int version = measured(0), now = version;
    double pass = 0;
    long count = 0;
    for (int64_t end = now_ns() + 10000000000; now == version && now_ns() < end; count++) {
        passes[count % KEPT] = pass;
        int64_t before = now_ns();
        pass_point();
        pass = (double)(now_ns() - before);
        now = measured(0);
    }
    int kept = count < KEPT ? (int)count : KEPT;
    qsort(passes, (size_t)kept, sizeof *passes, by_value);
    printf("migrated %.0f usual %.0f version %d\n", pass, passes[kept / 2], now);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "stuck") == 0)
        start_thread(stay, NULL);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strncmp(line, "measure ", 8) == 0)
            measure(atol(line + 8));
        else if (strcmp(line, "watch") == 0)
            watch();
        else if (strcmp(line, "release") == 0) {
            released = 1;
            printf("ok\n");
            fflush(stdout);
        }
    }
}
