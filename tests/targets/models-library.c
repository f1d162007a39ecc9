/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library with every kind of reference: to its own functions and variables, seen from outside or not, large ones, functions and variables of others,
 * thread-local ones, constants and pointers. To be compiled for each code model. Each thread's call gives what the number of its calls makes of them. For libhost.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION 1
#endif

#define REPLACEABLE __attribute__((noinline, noclone))

typedef int (*operation)(int);

static __thread int calls;
static char large[100000];
static int kept = 5;
int shared = 7;
static const char *const names[] = {"one", "three", "fifteen"};

REPLACEABLE static int add(int x)
{
    return x + kept;
}

REPLACEABLE int exported(int x)
{
    return x + shared + VERSION * 100;
}

REPLACEABLE static int choose(int x)
{
    switch (x % 6) {
    case 0: return exported(1);
    case 1: return add(2);
    case 2: return kept;
    case 3: return shared + VERSION;
    case 4: return (int)strlen(names[x % 3]);
    default: return 11;
    }
}

int step(void)
{
    calls++;
    large[99999] = 4;
    operation operations[] = {exported, add, abs};
    int sum = 10000 * VERSION + choose(calls) + large[99999] + (stdout != NULL);
    for (int i = 0; i < 3; i++)
        sum += operations[(calls + i) % 3](i);
    return VERSION == 1 ? sum : sum + (int)labs(-calls);
}
