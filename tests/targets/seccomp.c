/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program under a seccomp filter that forbids mmap (it answers EPERM), or with the argument `kill` punishes it with the
 * end of the process. For: the one injected mmap must be refused before anything is written.
 * `answer` answers "answer VERSION".
 */
#include "target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

int main(int count, char **arguments)
{
    unsigned int verdict = count > 1 && strcmp(arguments[1], "kill") == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, verdict),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    static char input[4096], output[4096];
    setvbuf(stdin, input, _IOFBF, sizeof input); /* so that stdio maps nothing later */
    setvbuf(stdout, output, _IOFBF, sizeof output);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        fail("seccomp");
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "answer") == 0)
            printf("answer %d\n", answer());
        fflush(stdout);
    }
}
