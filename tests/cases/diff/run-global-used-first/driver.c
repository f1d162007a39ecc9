// SPDX-License-Identifier: Apache-2.0
int level = 77;
#include <stdio.h>
extern int use(int x);
int outside(int x) { return x * 2 + 1; }
__attribute__((noinline)) int peek(int x) { return level * x + (level & x) * 3 + (level >> 3) + outside(level ^ x); }
void drive(void)
{
    printf("%d\n", peek(2));
    for (int i = 0; i < 6; i++)
        printf("%d\n", use(i));
}
