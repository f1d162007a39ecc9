// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
__attribute__((noinline)) int call(const std::function<int(int)> &f, int x) { return f(x); }
int use(int x) { int a = x + 1, b = 9; return call([a, b](int y) { return outside(y) + a * b; }, x); }
