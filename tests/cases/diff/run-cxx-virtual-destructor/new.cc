// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int ends;
struct A { virtual ~A() { ends += 1; } };
struct B : A { int v; B(int v) : v(v) {} ~B() override { ends += v * 10; } };
int use(int x) { ends = 0; A *a = new B(outside(x)); delete a; return ends; }
