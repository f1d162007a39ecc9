// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
extern int use(int k, int n);
static int value;
void *take(int n) { value = n; return &value; }
void give(void *p) { printf("given %d\n", *(int *)p); }
void drive(void)
{
    for (int k = 0; k < 2; k++)
        printf("%d\n", use(k, 10 + k));
}
