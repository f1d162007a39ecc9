/* SPDX-License-Identifier: Apache-2.0 */
/* A library with an indirect function, one of whose variants changes, and a function that calls that one by itself. For libhost.c. */
#ifndef VERSION
#define VERSION 1
#endif

__attribute__((noinline, noclone)) static int variant(void)
{
    return VERSION * 10 + 7;
}

__attribute__((noinline, noclone)) static int other_variant(void)
{
    return -1;
}

static int (*choose(void))(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse2") ? variant : other_variant;
}

__attribute__((ifunc("choose"))) int chosen_here(void);

__attribute__((noinline, noclone)) int through(void)
{
    return VERSION * 100 + variant();
}

__attribute__((ifunc("choose"), visibility("hidden"))) int chosen_unseen(void);

/* The second version calls by name what the resolver chose, and takes its address. */
__attribute__((noinline, noclone)) int by_name(void)
{
#if VERSION == 1
    return 300 + chosen_unseen();
#else
    int (*volatile chosen)(void) = chosen_here;
    return 400 + chosen_here() + chosen() + 100 * chosen_unseen();
#endif
}
