// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline)) int step(int x) { return outside(x) + 1; }
int first(int x) { return step(x) * 2; }
