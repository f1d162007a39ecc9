// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
int ends;
struct A { int v; ~A() { ends += v; } };
int use(int x) { ends = 0; { auto a = std::make_unique<A>(); a->v = outside(x) + 3; } return ends; }
