// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x) + 1; }
static int b(int x) { return outside(x) + 2; }
static int (*const table[])(int) = { a, b, outside };
int call(int i, int x) { return table[i](x); }
