// SPDX-License-Identifier: Apache-2.0
#include <string.h>
int use(int x) { char *p = __builtin_alloca(x * 100 + 10); memset(p, x + 1, x * 100 + 10); return p[x * 100] * 3; }
