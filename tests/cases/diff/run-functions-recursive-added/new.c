// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __attribute__((noinline)) int odd(int x);
static __attribute__((noinline)) int even(int x) { return x <= 0 ? outside(1) : odd(x - 1) + 1; }
static __attribute__((noinline)) int odd(int x) { return x <= 0 ? outside(2) : even(x - 1) * 2; }
int use(int x) { return even(x); }
