/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads ask the program and a library (pair-library.c), by turns and as fast as they can, which version they are. A patch replaces
 * functions of both, and the new code of the program calls a function that the patch adds to the library.
 * With an argument that library is opened at the start. Commands:
 *   report       "OLD NEW other N rounds R R": answers of both in the old version, in the new one, and in any mixture, since the last report,
 *                and how often each thread has asked since it began
 *   open PATH, close
 */
#include "target.h"
#include <dlfcn.h>
#include <stdatomic.h>

#define THREADS 2

#if VERSION > 1
int library_added(void);
#endif

static int (*_Atomic library)(void);
static void *opened;
static atomic_ulong rounds[THREADS], answers[3];

static REPLACEABLE int program_part(void)
{
#if VERSION > 1
    return atomic_load_explicit(&library, memory_order_relaxed) ? library_added() : VERSION;
#else
    return VERSION;
#endif
}

static REPLACEABLE int ask_both(void)
{
    int (*part)(void) = atomic_load(&library);
    int mine = program_part();
    return 100 * VERSION + 10 * mine + (part ? part() : mine);
}

static void *busy(void *argument)
{
    atomic_ulong *mine = &rounds[(intptr_t)argument];
    for (;;) {
        int got = ask_both();
        atomic_fetch_add_explicit(&answers[got == 111 ? 0 : got == 222 ? 1 : 2], 1, memory_order_relaxed);
        atomic_fetch_add(mine, 1);
    }
    return NULL;
}

static const char *open_library(const char *path)
{
    opened = dlopen(path, RTLD_NOW);
    if (opened == NULL)
        return dlerror();
    atomic_store(&library, (int (*)(void))(intptr_t)dlsym(opened, "library_part"));
    return "opened";
}

static const char *close_library(void)
{
    unsigned long seen[THREADS];
    atomic_store(&library, NULL);
    for (int i = 0; i < THREADS; i++)
        seen[i] = atomic_load(&rounds[i]);
    for (int i = 0; i < THREADS; i++)
        while (atomic_load(&rounds[i]) < seen[i] + 2)
            usleep(100);
    return dlclose(opened) == 0 ? "closed" : dlerror();
}

static void report(void)
{
    unsigned long old = atomic_exchange(&answers[0], 0), new = atomic_exchange(&answers[1], 0);
    unsigned long other = atomic_exchange(&answers[2], 0);
    printf("%lu %lu other %lu rounds %lu %lu\n", old, new, other, atomic_load(&rounds[0]), atomic_load(&rounds[1]));
}

int main(int argc, char **argv)
{
    char line[1024];
    if (argc > 1)
        open_library(argv[1]);
    for (int i = 0; i < THREADS; i++)
        start_thread(busy, (void *)(intptr_t)i);
    ready();
    for (;;) {
        next_command(line, sizeof line);
        if (strncmp(line, "open ", 5) == 0)
            puts(open_library(line + 5));
        else if (strcmp(line, "close") == 0)
            puts(close_library());
        else
            report();
        fflush(stdout);
    }
}
