/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose second version calls functions of another one; the first has a slot for one of them, unless it is ALONE. For libhost.c. */
#ifndef VERSION
#define VERSION 1
#endif

int provided(int x);
int extra(int x);

#ifndef ALONE
int never_called(int x)
{
    return provided(x) - 1;
}
#endif

__attribute__((noinline, noclone)) int step(void)
{
#if VERSION == 1
    return 1000;
#else
    return 2000 + provided(20) + extra(1);
#endif
}
