// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <stdio.h>
int use(int x) { fprintf(stdout, "out %d\n", x); return outside(x) + (stdout != 0); }
