/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coroutine.c with the switch of Boost.Context instead of makecontext. Its argument is the library's file, which it loads; without one it
 * has no coroutine. `resume` answers "resumed VERSION VERSION", what the suspended function was before and what it calls after.
 */
#include "target.h"

#include <dlfcn.h>

/* The interface of Boost.Context's C functions: a context, and what comes with a jump to it. */
struct transfer { void *from, *data; };
static struct transfer (*jump)(void *to, void *data);
static void *(*make)(void *stack_top, size_t size, void (*body)(struct transfer));

static char stack[1 << 16] __attribute__((aligned(16)));
static void *caller, *suspended_at;
static int before, after;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

REPLACEABLE void suspended(void)
{
    before = answer();
    caller = jump(caller, NULL).from;
    after = answer();
    before += 10 * (VERSION - 1);
}

static void coroutine(struct transfer first)
{
    for (caller = first.from;;) {
        suspended();
        caller = jump(caller, NULL).from;
    }
}

int main(int count, char **arguments)
{
    if (count > 1) {
        void *library = dlopen(arguments[1], RTLD_NOW);
        if (library == NULL || (*(void **)&jump = dlsym(library, "jump_fcontext")) == NULL || (*(void **)&make = dlsym(library, "make_fcontext")) == NULL)
            fail(dlerror());
        suspended_at = jump(make(stack + sizeof stack, sizeof stack, coroutine), NULL).from;
    }
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "resume") == 0 && suspended_at != NULL) {
            suspended_at = jump(suspended_at, NULL).from;
            printf("resumed %d %d\n", before, after);
            fflush(stdout);
            suspended_at = jump(suspended_at, NULL).from;
        }
    }
}
