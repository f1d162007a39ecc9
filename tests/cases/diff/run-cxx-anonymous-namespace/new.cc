// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
namespace { __attribute__((noinline)) int step(int x) { return outside(x) * 3; } }
int use(int x) { return step(x) + step(x + 1); }
