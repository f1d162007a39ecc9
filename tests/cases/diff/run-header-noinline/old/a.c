// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline)) int helper(int x) { return outside(x) + 3; }
int first(int x) { return helper(x) + helper(x + 1); }
