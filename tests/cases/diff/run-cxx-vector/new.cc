// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int use(int x) { std::vector<int> v; for (int i = 0; i < 20; i++) v.push_back(outside(i) * x); int s = 0; for (int e : v) s += e; return s; }
