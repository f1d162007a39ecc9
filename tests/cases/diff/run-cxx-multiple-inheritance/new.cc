// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { virtual int a(int x) { return x; } int va = 3; };
struct B { virtual int b(int x) { return x; } int vb = 4; };
struct C : A, B { int b(int x) override { return outside(x) * vb + va; } };
static C c;
B *volatile p = &c;
int use(int x) { return p->b(x); }
