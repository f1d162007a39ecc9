// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <string.h>
int use(int x) { char b[32]; memset(b, x, sizeof b); b[outside(x) & 31] = 5; return b[3] + b[outside(x) & 31]; }
