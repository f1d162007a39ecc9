// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int use(int x) { auto f = [x](int y) -> int { return outside(y) * x; }; return f(3) + f(4); }
