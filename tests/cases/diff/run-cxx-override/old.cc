// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Base { virtual int f(int x) { return outside(x); } virtual int g(int x) { return outside(x) + 1; } virtual ~Base() {} };
struct Derived : Base { int g(int x) override { return outside(x) + 5; } };
static Derived d;
Base *volatile p = &d;
int use(int x) { return p->f(x) * 100 + p->g(x); }
