// SPDX-License-Identifier: Apache-2.0
#include <typeinfo>
#include <cstdio>
extern int outside(int);
struct Base { virtual int f(int x) { return outside(x); } virtual int g(int x) { return outside(x) + 1; } virtual ~Base() {} };
struct One : Base { };
int use(int x) { One o; Base *b = &o; std::printf("%s\n", typeid(*b).name()); return typeid(*b) == typeid(One); }
