// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x); }
static int b(int x) { return outside(x) + 3; }
int (*table[])(int) = { a, b };
int use(int x) { return table[x & 1](x); }
