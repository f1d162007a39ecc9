/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that have children all the time: each of four parents makes a request, starts a thread that makes one, waits for its
 * end and makes another request. Every third child is made by clone(2) of the C library, with a control block like glibc's, the
 * others by pthread_create. For: a new thread is in the generation of the thread that created it, also on a reused stack.
 * `report` answers one line of JSON: for each parent its tid, the version that served it last, how many children it had, and how
 * many of them were served by another version than their parent before and after (strangers); and mixed requests.
 * `fork N` makes parent N fork; the child makes a request, says "child PID VERSION" and stays until its parent ends.
 * `daemon N` makes it fork twice, and the child in between end: the grandchild does the same, and stays until the program ends.
 */
#include "target.h"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { PARENTS = 4, STACK = 1 << 16, BLOCK = 4096 };

struct parent {
    int tid, latest, forks;
    unsigned long children, strangers;
    void *stack, *block;
    int alive; /* of the child made by clone: cleared by the kernel when it has ended */
};

static struct parent parents[PARENTS];
static unsigned long begun, mixed;

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

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

/* The quiescence point: start of a request. */
REPLACEABLE int handle_request(void)
{
    __atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
    int first = first_step();
    if (second_step(first) != first)
        __atomic_add_fetch(&mixed, 1, __ATOMIC_RELAXED);
    return first;
}

static void *child(void *version)
{
    SET(*(int *)version, handle_request());
    return version;
}

/* Runs without a stack protector's canary or errno of its own: it calls nothing of the C library. */
static int bare_child(void *version)
{
    SET(*(int *)version, handle_request());
    return 0;
}

static void have_child(int *version)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, child, version);
    if (errno != 0)
        fail("pthread_create");
    pthread_join(thread, NULL);
}

static void have_bare_child(struct parent *self, int *version)
{
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS
        | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    void **block = self->block;
    block[0] = block[2] = block; /* tcb and self of tcbhead_t */
    if (clone(bare_child, (char *)self->stack + STACK, flags, version, &self->alive, block, &self->alive) < 0)
        fail("clone");
    for (int tid; (tid = __atomic_load_n(&self->alive, __ATOMIC_ACQUIRE)) != 0;)
        syscall(SYS_futex, &self->alive, FUTEX_WAIT, tid, NULL, NULL, 0);
}

static void have_fork(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dprintf(1, "child %d %d\n", (int)getpid(), handle_request());
    for (;;)
        poll(NULL, 0, -1);
}

static int life[2]; /* a pipe that nobody writes to; the program has its end */

static void have_daemon(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid > 0) {
        int status;
        if (waitpid(pid, &status, 0) != pid)
            fail("waitpid");
        return;
    }
    pid_t between = getpid();
    if (setsid() < 0 || fork() != 0)
        _exit(0);
    close(life[1]);
    while (getppid() == between)
        sched_yield(); /* until it is an orphan */
    dprintf(1, "child %d %d\n", (int)getpid(), handle_request());
    for (char c;;)
        if (read(life[0], &c, 1) == 0)
            _exit(0);
}

static void *run(void *argument)
{
    struct parent *self = argument;
    self->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    self->block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self->stack == MAP_FAILED || self->block == MAP_FAILED)
        fail("mmap");
    SET(self->tid, thread_id());
    for (unsigned long n = 1;; n++) {
        int before = handle_request(), version = 0;
        if (n % 3 == 0)
            have_bare_child(self, &version);
        else
            have_child(&version);
        int after = handle_request();
        if (before == after && GET(version) != before)
            SET(self->strangers, self->strangers + 1);
        SET(self->latest, after);
        SET(self->children, n);
        int kind = GET(self->forks);
        if (kind != 0) {
            SET(self->forks, 0);
            if (kind == 1)
                have_fork();
            else
                have_daemon();
        }
    }
    return argument;
}

static void report(void)
{
    printf("{\"mixed\":%lu,\"parents\":[", GET(mixed));
    for (int i = 0; i < PARENTS; i++)
        printf("%s{\"tid\":%d,\"latest\":%d,\"children\":%lu,\"strangers\":%lu}", i > 0 ? "," : "",
            GET(parents[i].tid), GET(parents[i].latest), GET(parents[i].children), GET(parents[i].strangers));
    printf("]}\n");
    fflush(stdout);
}

int main(void)
{
    if (pipe(life) != 0)
        fail("pipe");
    for (int i = 0; i < PARENTS; i++)
        start_thread(run, &parents[i]);
    for (int i = 0; i < PARENTS; i++)
        while (GET(parents[i].children) < 4)
            sched_yield();
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0)
            report();
        else if (strncmp(line, "fork ", 5) == 0)
            SET(parents[atoi(line + 5)].forks, 1);
        else if (strncmp(line, "daemon ", 7) == 0)
            SET(parents[atoi(line + 7)].forks, 2);
    }
}
