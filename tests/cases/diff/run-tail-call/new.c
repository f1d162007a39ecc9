// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int last(int x) { return outside(x) + 1; }
int use(int x) { return last(x * 3); }
