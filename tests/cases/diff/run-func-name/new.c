// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
__attribute__((noinline)) int other(int x) { printf("%s %d\n", __func__, x); return x; }
int use(int x) { printf("%s %d\n", __func__, x + 10); return other(x); }
