// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x); }
static int b(int x) { return outside(x) + 3; }
static int c(int x) { return -outside(x); }
static int (*const table[])(int) = { a, b, c };
int use(int x) { return table[x % 3](x); }
