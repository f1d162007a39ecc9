// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int inner(int x) { return outside(x) + 1; }
int outer(int x) { return inner(x) * 3; }
int recurse(int n) { return n < 2 ? outside(n) : recurse(n - 1) * recurse(n - 2); }
