// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int first(int);
namespace { __attribute__((noinline)) int step(int x) { return outside(x) + 4; } }
int use(int x) { return step(x) + first(x) + step(2); }
