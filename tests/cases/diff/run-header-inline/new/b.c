// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static inline int helper(int x) { return outside(x) * 3; }
extern int first(int);
int use(int x) { return helper(x) + first(x); }
