// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static inline int helper(int x) { return x > 11 ? outside(x) : x; }
int a(int x) { return helper(x) + 1; }
int b(int x) { return helper(x) + 2; }
int c(int x) { return outside(x) + 3; }
