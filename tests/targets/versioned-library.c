/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that uses named-library.c: its own code calls one version (OLDER: the older one), and its second version takes the function's address, or, with
 * SAYS, says itself which version it means. For libhost.c.
 */
#ifndef VERSION
#define VERSION 1
#endif

#define REPLACEABLE __attribute__((noinline, noclone))

extern int named(void);

#ifdef OLDER
__asm__(".symver named, named@V1");
#endif

int never_called(void)
{
    return named() - 1;
}

#if VERSION > 1 && defined SAYS
extern int first(void);
extern int second(void);
__asm__(".symver first, named@V1");
__asm__(".symver second, named@V2");
#endif

REPLACEABLE int step(void)
{
#if VERSION == 1
    return 1000;
#elif defined SAYS
    int (*volatile one)(void) = first;
    return 2000 + 10 * one() + second();
#else
    int (*volatile function)(void) = named;
    return 2000 + function();
#endif
}
