// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int use(int x) { std::vector<std::string> v; for (int i = 0; i < 20; i++) v.push_back(std::to_string(i * x)); size_t s = 0; for (auto &e : v) s += e.size(); return (int)s + outside(x); }
