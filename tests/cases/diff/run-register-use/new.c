// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int table[16] = { 5, 6, 7, 8, 9 };
static __attribute__((noinline)) int leaf(int x) { int s = 0; for (int i = 0; i < 16; i++) s += table[(i * x) & 15] * (s ^ i) + (x << (i & 3)); return s; }
int use(int x) { int a = table[x & 7], b = table[(x + 1) & 7], c = x * 3; int r = leaf(x); return r + a * b - c + leaf(a); }
