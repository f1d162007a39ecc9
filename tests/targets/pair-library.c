/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is changed together with its program. For pair.c. */
#ifndef VERSION
#define VERSION 1
#endif

static int asked;

__attribute__((noinline, noclone)) int library_part(void)
{
    return __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) < 0 ? 0 : VERSION;
}

#if VERSION > 1
int library_added(void);
__attribute__((noinline, noclone)) int library_added(void)
{
    return asked < 0 ? 0 : VERSION;
}
#endif
