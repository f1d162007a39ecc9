/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library in whose loading the loader calls a function that takes its time: it says "resolving" and waits for a byte of standard input.
 * For: a library that the loader has not finished. Nothing in it is relocated yet, so that it makes its calls itself.
 */
#ifndef VERSION
#define VERSION 1
#endif

#include <sys/syscall.h>

__attribute__((noinline, noclone)) int version(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION * 10;
}

static int one(void)
{
    return 1;
}

static inline __attribute__((always_inline)) long call(long number, long descriptor, const void *bytes, long length)
{
    long result = number;
    __asm__ volatile("syscall" : "+a"(result) : "D"(descriptor), "S"(bytes), "d"(length) : "rcx", "r11", "memory");
    return result;
}

__attribute__((no_stack_protector)) static int (*choose(void))(void)
{
    char text[] = {'r', 'e', 's', 'o', 'l', 'v', 'i', 'n', 'g', '\n'};
    call(SYS_write, 1, text, sizeof text);
    call(SYS_read, 0, text, 1);
    return one;
}

int chosen(void) __attribute__((ifunc("choose")));

int use(void)
{
    return chosen();
}
