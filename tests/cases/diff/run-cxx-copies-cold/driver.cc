// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int x);
int outside(int x) { return x * 2 - 3; }
void warn(int x) { printf("warned of %d\n", x); }
extern "C" void drive(void)
{
    for (int i = 0; i < 6; i++)
        printf("%d\n", use(i));
}
