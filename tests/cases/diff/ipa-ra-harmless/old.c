// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int leaf(int x) { return x + 1; }
int caller(int x, int y) { int r = leaf(x); return outside(r) + y; }
