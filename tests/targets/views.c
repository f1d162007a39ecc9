/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of each kind that a transition meets: two that sleep between their calls, one that calls without a pause and makes no system call,
 * one that makes threads that end at once, and with `stay` one more that is inside of stay() until `release`.
 * For: the backend aspace (kernel/guest/aspace), which has to bring all of them over, each whole.
 *
 * `report` answers "report idle=V idle=V busy=V born=V tiny=V stay=V mixed=N": the newest version that each was answered with; stay=0: it has not come out of
 * it yet. mixed counts calls whose two halves were of different versions; `mixes` tells of the first of them: which thread, the version of the call and of its
 * halves, the thread's word (dispatch) and its generation in the kernel (aspace; -1: this kernel has none), and when.
 * tiny() is shorter than a jump. `fork` answers "fork V", what a child that was forked just now sees; `child` answers "child PID" of
 * one that waits to be killed, and ends with its parent.
 */
#include "target.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { IDLE_0, IDLE_1, BUSY, BORN, KINDS };

static atomic_int newest[KINDS], inside, stayed, released, mixed;

#define TOLD 16

static struct mix {
    int thread, version, first, second, view;
    uint32_t word;
    int64_t at;
} mixes[TOLD];

/* Not replaced: what it writes down is the same for all versions. */
__attribute__((noinline)) void note_mix(int version, int first, int second)
{
    enum { SYS_wfgen_query = 1005, CURRENT = -1, WORD = 0x80 };
    int at = atomic_fetch_add(&mixed, 1);
    if (at >= TOLD)
        return;
    struct mix *mix = &mixes[at];
    *mix = (struct mix){.thread = thread_id(), .version = version, .first = first, .second = second, .at = now_us()};
    __asm__ volatile("movl %%fs:%c1, %0" : "=r"(mix->word) : "i"(WORD));
    mix->view = (int)syscall(SYS_wfgen_query, 0, CURRENT, NULL, 0);
}

REPLACEABLE int first_half(void)
{
    __asm__ volatile("");
    return VERSION;
}

REPLACEABLE int second_half(void)
{
    __asm__ volatile("nop");
    return VERSION;
}

/* On the stack while both halves are called: no thread may change its version in between. */
REPLACEABLE int request(int rounds)
{
    int first = first_half();
    for (int i = 0; i < rounds; i++)
        __asm__ volatile("" ::: "memory");
    int second = second_half();
    if (first != second || first != VERSION)
        note_mix(VERSION, first, second);
    return VERSION;
}

REPLACEABLE int tiny(void)
{
    __asm__ volatile(""); /* else a caller may ask once for all */
    return VERSION - 1;
}

REPLACEABLE int stay(void)
{
    atomic_store(&inside, 1);
    while (!atomic_load(&released))
        usleep(1000);
    return VERSION;
}

static void *idle(void *kind)
{
    prctl(PR_SET_NAME, "idle");
    for (;;) {
        atomic_store(&newest[(intptr_t)kind], request(100));
        usleep(2000);
    }
    return NULL;
}

static void *busy(void *unused)
{
    (void)unused;
    prctl(PR_SET_NAME, "busy");
    for (;;) {
        atomic_store(&newest[BUSY], request(2000));
        for (int i = 0; i < 100000; i++)
            __asm__ volatile("" ::: "memory");
    }
    return NULL;
}

static void *born(void *unused)
{
    (void)unused;
    atomic_store(&newest[BORN], request(100));
    return NULL;
}

static void *parent(void *unused)
{
    (void)unused;
    prctl(PR_SET_NAME, "parent");
    for (;;) {
        pthread_t child;
        if (pthread_create(&child, NULL, born, NULL) != 0)
            fail("pthread_create");
        pthread_join(child, NULL);
        usleep(1000);
    }
    return NULL;
}

static void *stayer(void *unused)
{
    (void)unused;
    prctl(PR_SET_NAME, "stayer");
    atomic_store(&stayed, stay());
    return NULL;
}

static int version_in_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(request(10) == tiny() + 1 ? request(10) : 255);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        fail("fork");
    return WEXITSTATUS(status);
}

static pid_t waiting_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    if (child < 0)
        fail("fork");
    return child;
}

int main(void)
{
    start_thread(idle, (void *)(intptr_t)IDLE_0);
    start_thread(idle, (void *)(intptr_t)IDLE_1);
    start_thread(busy, NULL);
    start_thread(parent, NULL);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0)
            printf("report idle=%d idle=%d busy=%d born=%d tiny=%d stay=%d mixed=%d\n", atomic_load(&newest[IDLE_0]), atomic_load(&newest[IDLE_1]),
                   atomic_load(&newest[BUSY]), atomic_load(&newest[BORN]), tiny() + 1, atomic_load(&stayed), atomic_load(&mixed));
        else if (strcmp(line, "mixes") == 0) {
            printf("mixes %d at %lld", atomic_load(&mixed), (long long)now_us());
            for (int i = 0; i < TOLD && i < atomic_load(&mixed); i++)
                printf(", thread %d version %d halves %d %d word %u view %d at %lld", mixes[i].thread, mixes[i].version, mixes[i].first, mixes[i].second,
                       mixes[i].word, mixes[i].view, (long long)mixes[i].at);
            printf("\n");
        } else if (strcmp(line, "stay") == 0) {
            atomic_store(&released, 0);
            atomic_store(&stayed, 0);
            atomic_store(&inside, 0);
            start_thread(stayer, NULL);
            while (atomic_load(&inside) == 0)
                usleep(1000);
            printf("staying\n");
        } else if (strcmp(line, "release") == 0) {
            atomic_store(&released, 1);
            while (atomic_load(&stayed) == 0)
                usleep(1000);
            printf("released\n");
        } else if (strcmp(line, "fork") == 0)
            printf("fork %d\n", version_in_child());
        else if (strcmp(line, "child") == 0)
            printf("child %d\n", waiting_child());
        fflush(stdout);
    }
}
