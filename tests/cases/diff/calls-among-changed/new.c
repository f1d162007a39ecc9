// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int inner(int x) { return outside(x) + 2; }
int outer(int x) { return inner(x) * 5; }
int recurse(int n) { return n < 2 ? outside(n) : recurse(n - 1) + recurse(n - 2); }
