/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that already has a tracer: a child of its own that seized it before `ready`. For: another tracer attached is
 * refused and named. `tracer` answers "tracer PID"; `untrace` ends the tracer (answer "ok"), after which patching works.
 */
#include "target.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

int main(void)
{
    int seized[2];
    pid_t parent = getpid();
    if (pipe(seized) != 0)
        fail("pipe");
    pid_t tracer = fork();
    if (tracer < 0)
        fail("fork");
    if (tracer == 0) {
        char go;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(seized[0], &go, 1) != 1) /* the parent has allowed us (Yama) */
            _exit(1);
        if (ptrace(PTRACE_SEIZE, parent, 0, 0) != 0)
            fail("PTRACE_SEIZE");
        kill(parent, SIGUSR1); /* stops the parent for us, so that it is told by our going on */
        int status;
        while (waitpid(parent, &status, __WALL) == parent && WIFSTOPPED(status))
            ptrace(PTRACE_CONT, parent, 0, WSTOPSIG(status) == SIGUSR1 ? SIGUSR1 : 0);
        _exit(0);
    }

    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
    if (write(seized[1], "g", 1) != 1)
        fail("write");
    int number;
    sigwait(&usr1, &number);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "tracer") == 0)
            printf("tracer %d\n", tracer);
        else if (strcmp(line, "answer") == 0)
            printf("answer %d\n", answer());
        else if (strcmp(line, "untrace") == 0) {
            prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
            kill(tracer, SIGKILL);
            waitpid(tracer, NULL, 0);
            printf("ok\n");
        }
        fflush(stdout);
    }
}
