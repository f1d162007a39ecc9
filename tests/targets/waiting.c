/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program whose only thread waits for a signal, by which it learns of input. Whoever borrowed it for work of his own could make it miss the signal.
 * For: where no thread can map memory the command must be refused. `answer` answers "answer VERSION".
 */
#include "target.h"

#include <fcntl.h>
#include <signal.h>

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

int main(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGIO);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (fcntl(STDIN_FILENO, F_SETOWN, getpid()) != 0 || fcntl(STDIN_FILENO, F_SETFL, O_ASYNC) != 0)
        fail("fcntl");
    ready();
    while (sigwaitinfo(&signals, NULL) == SIGIO) {
        char line[64];
        next_command(line, sizeof line);
        if (strcmp(line, "answer") == 0)
            printf("answer %d\n", answer());
        fflush(stdout);
    }
    fail("sigwaitinfo");
}
