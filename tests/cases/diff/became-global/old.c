// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int f(int x) { return outside(x) + 1; }
int g(int x) { return f(x) * 2; }
