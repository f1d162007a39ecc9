// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { int v = 2; virtual int f(int x) { return x + v; } };
struct B : virtual A { int b = 3; };
struct C : virtual A { int c = 4; };
struct D : B, C { int f(int x) override { return outside(x) + (b + c + v); } };
__attribute__((noinline)) int call(A &a, int x) { return a.f(x); }
int use(int x) { D d; return call(d, x); }
