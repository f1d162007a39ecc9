// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int x);
extern int kept;
int outside(int x) { return x + 100; }
void drive(void)
{
    for (int i = 0; i < 3; i++)
        printf("%d %d\n", use(i), kept);
}
