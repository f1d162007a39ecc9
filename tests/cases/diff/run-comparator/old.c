// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
static int compare(const void *a, const void *b) { return (*(const int *)a - *(const int *)b); }
int use(int x) { int v[] = { 3, x, 9, 1, 4 }; qsort(v, 5, sizeof *v, compare); return v[0] * 1000 + v[4]; }
