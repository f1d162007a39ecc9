/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread with a coroutine (makecontext) that is suspended in a function that a patch replaces, while the thread waits for commands on
 * its own stack. For: nobody sees that frame, so the policy stack is refused. `resume` answers "resumed VERSION VERSION", what the
 * function was before and what it calls after.
 */
#include "target.h"

#include <ucontext.h>

static ucontext_t here, there;
static char stack[1 << 16];
static int before, after;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

REPLACEABLE void suspended(void)
{
    before = answer();
    swapcontext(&there, &here);
    after = answer();
    before += 10 * (VERSION - 1);
}

static void coroutine(void)
{
    for (;;) {
        suspended();
        swapcontext(&there, &here);
    }
}

int main(void)
{
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = NULL;
    makecontext(&there, coroutine, 0);
    swapcontext(&here, &there);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "resume") == 0) {
            swapcontext(&here, &there);
            printf("resumed %d %d\n", before, after);
            fflush(stdout);
            swapcontext(&here, &there);
        }
    }
}
