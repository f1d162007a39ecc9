// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x); }
static int b(int x) { return outside(x) * 9; }
int (*choose(int x))(int) { return x < 2 ? a : b; }
int use(int x) { return choose(x)(x); }
