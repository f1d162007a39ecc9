// SPDX-License-Identifier: Apache-2.0
__attribute__((noinline)) int odd(int x);
__attribute__((noinline)) int even(int x) { return x <= 0 ? 1 : odd(x - 1) + 1; }
__attribute__((noinline)) int odd(int x) { return x <= 0 ? 0 : even(x - 1) * 2; }
int use(int x) { return even(x + 3); }
