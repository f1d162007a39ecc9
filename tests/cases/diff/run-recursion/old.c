// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int use(int x) { return x <= 0 ? outside(0) : use(x - 1) * 2 + outside(x); }
