// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int x);
int outside(int x) { return x; }
void drive(void)
{
    int count = use(7);
    if (count)
        printf("count %d\n", count);
    else
        puts("no count");
}
