// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int use(int x) { return x <= 0 ? outside(1) : use(x - 1) * 3 + outside(x); }
