// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int helper(int x) { return outside(x) * 3 + outside(x + 1); }
int user(int x) { return helper(x) + 2; }
int work(int x) { return helper(x); }
