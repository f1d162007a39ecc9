// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x) * outside(x + 2) - outside(7 - x); }
static int b(int x) { return outside(x) + 3 * outside(x + 1) + outside(x ^ 2); }
static int (*const table[])(int) = { a, b };
int use(int x) { return table[x & 1](x); }
