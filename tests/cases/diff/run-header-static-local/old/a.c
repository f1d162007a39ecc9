// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline)) int helper(int x) { static int n = 1; n += x; int is = n; n -= x; return is + outside(x); }
int first(int x) { return helper(x) + 1; }
