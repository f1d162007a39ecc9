// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int helper(int x) { return outside(x) + 3; }
int other(void) { return outside(3); }
