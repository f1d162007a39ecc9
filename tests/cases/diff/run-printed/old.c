// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <stdio.h>
int use(int x) { printf("old %d\n", outside(x)); return x; }
