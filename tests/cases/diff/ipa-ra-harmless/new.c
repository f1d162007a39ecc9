// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int leaf(int x) { int y = x * 5; return (y << 3) ^ (x >> 2) ^ (y * x); }
int caller(int x, int y) { int r = leaf(x); return outside(r) + y; }
