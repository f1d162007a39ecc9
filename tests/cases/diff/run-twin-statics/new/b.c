// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int first(int);
static __attribute__((noinline)) int step(int x) { return outside(x + 3) * 5; }
int use(int x) { return step(x) - first(x); }
