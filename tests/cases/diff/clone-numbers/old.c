// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int scale(int x, int by) { return outside(x) * by + outside(by); }
int a(int x) { return scale(x, 3); }
int b(int x) { return scale(x + 1, 3); }
