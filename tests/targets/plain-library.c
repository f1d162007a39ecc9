/* SPDX-License-Identifier: Apache-2.0 */
/* A library that counts. For libhost.c. */
#ifndef VERSION
#define VERSION 1
#endif

static int count;

__attribute__((noinline, noclone)) int step(void)
{
    return VERSION * 100000 + __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
}

__attribute__((noinline, noclone)) int version(void)
{
    return VERSION * 10 + (count < 0);
}
