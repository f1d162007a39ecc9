// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <stdio.h>
int use(int x) { printf("new %d of %s\n", outside(x), x & 1 ? "odd" : "even"); return x; }
