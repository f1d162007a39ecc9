// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) static int clamp(int x) { return outside(x) > 9 ? 9 : outside(x + 1); }
int unused(int x) { return outside(x) + 77; }
int work(int x) { return clamp(x); }
