// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <stdlib.h>
#include <string.h>
int use(int x) { char *copy = strdup("abcdef"); int is = (int)strcspn(copy, "d") + outside(x); free(copy); return is; }
