/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has the kernel evaluate filters of system calls. `run A B C D E F HEX` gives getppid the six arguments (hexadecimal) under the filter whose
 * instructions are in HEX, in a child; all other calls are allowed to it. Answers "allowed", "errno N", "signal N", or "rejected" where the kernel does
 * not take the filter.
 */
#include "target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MOST = 256, REJECTED = 200 };

static int read_filter(const char *text, struct sock_filter *program)
{
    int length = 2;
    program[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    program[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 0);
    for (unsigned long long bytes; length < MOST && sscanf(text, "%16llx", &bytes) == 1; text += 16)
        program[length++] = (struct sock_filter){(unsigned short)bytes, (unsigned char)(bytes >> 16), (unsigned char)(bytes >> 24), (unsigned int)(bytes >> 32)};
    return length;
}

static void run(const char *text)
{
    unsigned long a[6];
    int at = 0, status;
    if (sscanf(text, "%lx %lx %lx %lx %lx %lx %n", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &at) < 6)
        fail("run");
    struct sock_filter program[MOST];
    struct sock_fprog filter = {.len = (unsigned short)read_filter(text + at, program), .filter = program};
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
            _exit(REJECTED);
        _exit(syscall(SYS_getppid, a[0], a[1], a[2], a[3], a[4], a[5]) > 0 ? 0 : errno);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        fail("child");
    if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 0)
        printf("allowed\n");
    else if (WEXITSTATUS(status) == REJECTED)
        printf("rejected\n");
    else
        printf("errno %d\n", WEXITSTATUS(status));
}

int main(void)
{
    ready();
    static char line[8192];
    for (;;) {
        next_command(line, sizeof line);
        if (strncmp(line, "run ", 4) == 0)
            run(line + 4);
        fflush(stdout);
    }
}
