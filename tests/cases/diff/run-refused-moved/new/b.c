// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int helper(int x) { return outside(x) + 5; }
int use(int x) { return helper(x) + outside(2); }
