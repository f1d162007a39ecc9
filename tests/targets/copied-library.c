/* SPDX-License-Identifier: Apache-2.0 */
/* A library's variable, which its second version uses in one more function. For copied.c. */
#ifndef VERSION
#define VERSION 1
#endif

int copied = 5;

int library(void);

__attribute__((noinline, noclone)) int library(void)
{
    return copied += VERSION;
}
