// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline __attribute__((noinline)) int helper(int x) { return outside(x) * 3; }
int first(int x) { return helper(x) + 1; }
