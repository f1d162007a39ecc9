// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int x);
extern int first(int x);
int outside(int x) { return x * 2 + 1; }
extern "C" void drive(void)
{
    for (int i = 0; i < 6; i++)
        printf("%d %d\n", use(i), first(i));
}
