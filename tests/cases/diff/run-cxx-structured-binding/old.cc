// SPDX-License-Identifier: Apache-2.0
#include <tuple>
extern int outside(int);
__attribute__((noinline)) std::tuple<int, double, int> parts(int x) { return { outside(x), x / 2.0, x + 3 }; }
int use(int x) { auto [a, b, c] = parts(x); return a + (int)(b * 10) + c * 100; }
