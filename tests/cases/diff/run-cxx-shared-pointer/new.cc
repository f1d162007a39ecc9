// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int ends;
struct A { int v; A(int v) : v(v) {} ~A() { ends += v; } };
int use(int x) { ends = 0; { auto a = std::make_shared<A>(outside(x) * 3); auto b = a; ends += (int)b.use_count() * 1000; } return ends; }
