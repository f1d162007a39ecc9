// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static inline __attribute__((always_inline)) int helper(int x) { return outside(x) * 4; }
int use(int x) { return helper(x) * helper(x + 1); }
