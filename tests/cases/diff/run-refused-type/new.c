// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <stdlib.h>
struct item { int a, b; };
static struct item *kept;
int use(int x) { if (!kept) kept = malloc(sizeof *kept); kept->a = x; kept->b = 5; return outside(kept->a + kept->b); }
