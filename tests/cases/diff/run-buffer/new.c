// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <string.h>
int use(int x) { char b[64]; memset(b, x + 1, sizeof b); b[outside(x) & 63] = 6; return b[3] + b[outside(x) & 63]; }
