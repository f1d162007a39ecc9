// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int table[16] = { 5, 6, 7, 8, 9 };
static __attribute__((noinline)) int leaf(int x) { return x + 1; }
int use(int x) { int a = table[x & 7], b = table[(x + 1) & 7], c = x * 3; int r = leaf(x); return r + a * b - c + leaf(a); }
