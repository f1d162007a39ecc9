// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline)) int more(int x) { return outside(x) * outside(x + 1); }
int use(int x) { return more(x) + more(x * 2); }
