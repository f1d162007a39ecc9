/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program whose processes and threads begin and end in other ways than by fork and pthread_create alone. Its first argument says how:
 *   headless   the main thread ends (pthread_exit), others go on; one of them takes the commands
 *   spawn      threads have children all the time, one by vfork and exec, one by posix_spawn, one by fork; the children run /bin/true
 *   lent       a thread is in vfork: its child does not call exec before it is told to
 *   spaces     threads with a mount, a network and a host name space of their own, that serve
 *   serve      one thread more that serves
 * Commands: `report` answers "VERSION-OF-EACH-SERVER... children N", `exec` runs /bin/cat, `release` lets the child of vfork go on, and
 * `daemon` answers "daemon PID": a grandchild in a session of its own, whose parent has ended; it stays until the program ends.
 * `end` ends all threads but the one that takes commands, and then it, by pthread_exit; nobody is left.
 */
#include "target.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { SERVERS = 3 };

static int versions[SERVERS], servers, started, over;
static unsigned long children;
static int release[2];
extern char **environ;

#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

static void pause_a_little(void)
{
    struct timespec time = {.tv_nsec = 1000000};
    nanosleep(&time, NULL);
}

static void *serve(void *place)
{
    int spaces[] = {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUTS}, *version = place;
    if (servers == SERVERS && unshare(CLONE_FS | spaces[version - versions]) != 0)
        fail("unshare");
    while (!GET(over)) {
        SET(*version, answer());
        pause_a_little();
    }
    return NULL;
}

static void *by_vfork(void *unused)
{
    static char *const arguments[] = {"true", NULL};
    while (!GET(over)) {
        pid_t pid = vfork();
        if (pid == 0) {
            execv("/bin/true", arguments);
            _exit(1);
        }
        SET(versions[0], answer());
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            fail("vfork");
        __atomic_add_fetch(&children, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void *by_spawn(void *unused)
{
    static char *const arguments[] = {"true", NULL};
    while (!GET(over)) {
        pid_t pid;
        int status;
        if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) != 0 || waitpid(pid, &status, 0) != pid || status != 0)
            fail("posix_spawn");
        SET(versions[1], answer());
        __atomic_add_fetch(&children, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void *by_fork(void *unused)
{
    while (!GET(over)) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(answer());
        int status, version = answer();
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) < 1 || WEXITSTATUS(status) > 2)
            fail("fork");
        SET(versions[2], version);
        __atomic_add_fetch(&children, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

/* Between vfork and exec the child reads: the thread that called vfork waits for it in the kernel. */
static void *lend(void *unused)
{
    static char *const arguments[] = {"true", NULL};
    char c;
    SET(started, 1);
    pid_t pid = vfork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it goes with the thread that waits for it */
        (void)!read(release[0], &c, 1);
        execv("/bin/true", arguments);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    return serve(unused);
}

static void say_daemon(void)
{
    fflush(stdout);
    pid_t owner = getpid(), pid = fork();
    if (pid == 0) {
        setsid();
        pid_t parent = getpid();
        pid = fork();
        if (pid != 0)
            _exit(pid < 0);
        while (getppid() == parent)
            pause_a_little();
        dprintf(1, "daemon %d\n", (int)getpid());
        while (kill(owner, 0) == 0) { /* its parent has ended: it asks whether the program still lives */
            SET(versions[0], answer());
            pause_a_little();
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void *take_commands(void *unused)
{
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0) {
            for (int i = 0; i < servers; i++)
                printf("%d ", GET(versions[i]));
            printf("children %lu\n", GET(children));
            fflush(stdout);
        } else if (strcmp(line, "exec") == 0) {
            execl("/bin/cat", "cat", NULL);
            fail("exec");
        } else if (strcmp(line, "release") == 0) {
            if (write(release[1], "!", 1) != 1)
                fail("release");
        } else if (strcmp(line, "daemon") == 0) {
            say_daemon();
        } else if (strcmp(line, "end") == 0) {
            SET(over, 1);
            if (write(release[1], "!", 1) != 1)
                fail("release");
            pthread_exit(NULL);
        }
    }
    return unused;
}

int main(int count, char **arguments)
{
    const char *kind = count > 1 ? arguments[1] : "serve";
    if (pipe(release) != 0)
        fail("pipe");
    if (strcmp(kind, "spawn") == 0) {
        servers = 3;
        start_thread(by_vfork, NULL);
        start_thread(by_spawn, NULL);
        start_thread(by_fork, NULL);
        while (GET(children) < 3)
            sched_yield();
    } else if (strcmp(kind, "lent") == 0) {
        servers = 1;
        start_thread(lend, versions);
        while (!GET(started))
            sched_yield();
    } else {
        servers = strcmp(kind, "spaces") == 0 ? SERVERS : 1;
        for (int i = 0; i < servers; i++)
            start_thread(serve, &versions[i]);
        for (int i = 0; i < servers; i++)
            while (GET(versions[i]) == 0)
                sched_yield();
    }
    if (strcmp(kind, "headless") == 0) {
        start_thread(take_commands, NULL);
        pthread_exit(NULL);
    }
    take_commands(NULL);
}
