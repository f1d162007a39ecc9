// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int helper(int x, int by = 2) { return outside(x) * by; }
int use(int x) { return helper(x) + helper(x, 1); }
