// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline))  int scale(int x, int by) { int sum = 0; for (int i = 0; i < by; i++) sum += outside(x + i) * by + i; return sum; }
int use(int x) { return scale(x, 3) + scale(x + 1, 3); }
