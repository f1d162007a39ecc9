// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static inline int helper(int x) { return outside(x) ^ 3; }
int one(int x) { return helper(x) + 1; }
int two(int x) { return helper(x + 2) * 2; }
int use(int x) { return one(x) + two(x) + helper(9); }
