/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library with a function that others may put another in the place of, one that is protected against that, and one that nobody sees; its second version
 * calls all three, and by their addresses. With OTHER a library that has functions of the same names. For libhost.c.
 */
#ifndef VERSION
#define VERSION 1
#endif

#define REPLACEABLE __attribute__((noinline, noclone))

#ifdef OTHER
#define VALUE(x) ((x) + 4)
#define PROTECTED
#define HIDDEN
#else
#define VALUE(x) (x)
#define PROTECTED __attribute__((visibility("protected")))
#define HIDDEN __attribute__((visibility("hidden")))
#endif

REPLACEABLE int visible(void)
{
    return VALUE(1);
}

REPLACEABLE PROTECTED int guarded(void)
{
    return VALUE(2);
}

REPLACEABLE HIDDEN int unseen(void)
{
    return VALUE(3);
}

#ifndef OTHER
int uses_them(void)
{
    return visible() + unseen();
}

REPLACEABLE int step(void)
{
#if VERSION == 1
    return 1000;
#else
    int (*volatile functions[])(void) = {visible, guarded, unseen};
    return 2000 + 100 * functions[0]() + 10 * functions[1]() + functions[2]() + (visible() != functions[0]()) + (guarded() != functions[1]());
#endif
}
#endif
