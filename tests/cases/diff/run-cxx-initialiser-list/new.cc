// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <initializer_list>
__attribute__((noinline)) int total(std::initializer_list<int> l) { int s = 0; for (int v : l) s += v; return s; }
int use(int x) { return total({ 1, x, 33, 4 }) + outside(x); }
