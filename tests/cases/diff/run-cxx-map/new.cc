// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
static std::map<std::string, int> seen;
int use(int x) { seen["key" + std::to_string(x % 3)] = outside(x) * 2; int s = 0; for (auto &e : seen) s += e.second * (int)e.first.size(); seen.clear(); return s; }
