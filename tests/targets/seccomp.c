/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program under a filter of system calls. Its first argument says which:
 *   errno, kill, trap, trace   mmap is answered with EPERM, the end of the process, SIGSYS, a tracer's decision
 *   other                      mmap is allowed, getppid is not
 *   write-execute              what systemd makes of MemoryDenyWriteExecute=: no memory that is both or becomes executable
 *   both                       two filters, the older one forbids mmap
 *   restart                    restart_syscall ends the process; idle in poll without a limit
 *   place                      calls are allowed by the place that they are made from
 *   thread                     only one thread has a filter; it forbids mmap
 *   each                       the main thread has a filter that forbids mmap, another thread has one that does not
 *   late                       none before `filter`, then that of restart for all threads; one waits in poll, in a function that a patch changes
 *   strict                     one thread has the strict mode: read, write and exit
 * `answer` answers "answer VERSION".
 */
#include "target.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_CALL(number) LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1)
#define ANSWER(verdict) BPF_STMT(BPF_RET | BPF_K, verdict)

static int filtered, never[2];

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

REPLACEABLE int wait_for_ever(void)
{
    struct pollfd nothing = {.fd = never[0], .events = POLLIN};
    poll(&nothing, 1, -1);
    return VERSION;
}

static void install(struct sock_filter *program, size_t size)
{
    struct sock_fprog filter = {.len = size / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        fail("seccomp");
}

static void answer_call(unsigned int number, unsigned int verdict)
{
    struct sock_filter program[] = {IF_CALL(number), ANSWER(verdict), ANSWER(SECCOMP_RET_ALLOW)};
    install(program, sizeof program);
}

/* src/shared/seccomp-util.c of systemd: mmap with both rights, mprotect and pkey_mprotect with execute, shmat with SHM_EXEC. */
static void deny_write_execute(void)
{
    enum { BOTH = PROT_WRITE | PROT_EXEC };
    struct sock_filter program[] = {
        LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
        LOAD(args[2]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, BOTH), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BOTH, 4, 5),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pkey_mprotect, 0, 3),
        LOAD(args[2]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        ANSWER(SECCOMP_RET_ERRNO | EPERM), ANSWER(SECCOMP_RET_ALLOW),
    };
    install(program, sizeof program);
}

static void only_from_here(void)
{
    struct sock_filter program[] = {
        LOAD(instruction_pointer), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x1234, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM), ANSWER(SECCOMP_RET_ALLOW),
    };
    install(program, sizeof program);
}

/* The same filter for each thread. */
static void install_for_all(void)
{
    struct sock_filter program[] = {IF_CALL(SYS_restart_syscall), ANSWER(SECCOMP_RET_KILL_PROCESS), ANSWER(SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
        fail("seccomp");
}

static void *waiter(void *unused)
{
    __atomic_store_n(&filtered, 1, __ATOMIC_RELEASE);
    return wait_for_ever() < 0 ? NULL : unused;
}

static void *other(void *kind)
{
    if (strcmp(kind, "thread") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_KILL_PROCESS);
    else if (strcmp(kind, "each") == 0)
        answer_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
    else if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        fail("strict mode");
    __atomic_store_n(&filtered, 1, __ATOMIC_RELEASE);
    for (char c;;)
        (void)!read(never[0], &c, 1);
    return kind;
}

static void start_other(char *kind)
{
    if (pipe(never) != 0)
        fail("pipe");
    start_thread(strcmp(kind, "late") == 0 ? waiter : other, kind);
    while (!__atomic_load_n(&filtered, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void choose(char *kind)
{
    if (strcmp(kind, "errno") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_ERRNO | EPERM);
    else if (strcmp(kind, "kill") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_KILL_PROCESS);
    else if (strcmp(kind, "trap") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_TRAP);
    else if (strcmp(kind, "trace") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_TRACE);
    else if (strcmp(kind, "other") == 0)
        answer_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
    else if (strcmp(kind, "write-execute") == 0)
        deny_write_execute();
    else if (strcmp(kind, "both") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_ERRNO | EPERM), answer_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
    else if (strcmp(kind, "restart") == 0)
        answer_call(SYS_restart_syscall, SECCOMP_RET_KILL_PROCESS);
    else if (strcmp(kind, "place") == 0)
        only_from_here();
    else
        start_other(kind);
    if (strcmp(kind, "each") == 0)
        answer_call(SYS_mmap, SECCOMP_RET_KILL_PROCESS);
}

int main(int count, char **arguments)
{
    static char input[4096], output[4096];
    setvbuf(stdin, input, _IOFBF, sizeof input); /* so that stdio maps nothing later */
    setvbuf(stdout, output, _IOFBF, sizeof output);
    char *kind = count > 1 ? arguments[1] : "errno";
    choose(kind);
    ready();
    for (char line[64];;) {
        struct pollfd commands = {.fd = 0, .events = POLLIN};
        if (strcmp(kind, "restart") == 0 && poll(&commands, 1, -1) < 0)
            fail("poll");
        next_command(line, sizeof line);
        if (strcmp(line, "answer") == 0)
            printf("answer %d\n", answer());
        if (strcmp(line, "filter") == 0) {
            install_for_all();
            printf("filtered\n");
        }
        fflush(stdout);
    }
}
