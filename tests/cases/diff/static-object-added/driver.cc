// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int x);
int outside(int x) { printf("outside %d\n", x); return x + 100; }
extern "C" void drive(void)
{
    for (int i = 1; i < 3; i++)
        printf("%d\n", use(i));
}
