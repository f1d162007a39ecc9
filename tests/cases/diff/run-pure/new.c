// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((pure, noinline)) int level(const int *p) { return *p * 4; }
int use(int x) { return level(&x) + level(&x) + outside(x); }
