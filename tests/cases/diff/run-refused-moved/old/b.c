// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int helper(int);
int use(int x) { return helper(x) + outside(2); }
