// SPDX-License-Identifier: Apache-2.0
__thread int theirs = 3;
__thread int zero;
#include <stdio.h>
extern int use(int x);
int outside(int x) { return x * 2 + 1; }
void drive(void)
{
    for (int i = 0; i < 6; i++)
        printf("%d\n", use(i));
}
