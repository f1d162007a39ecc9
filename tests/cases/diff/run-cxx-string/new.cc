// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int use(int x) { std::string s = "values " + std::to_string(outside(x)); s += s; int h = 7; for (char c : s) h = h * 31 + c; return h; }
