// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { int v; __attribute__((noinline)) A(int x) { v = outside(x) * 3; } };
struct B : A { __attribute__((noinline)) B(int x) : A(x) { v++; } };
int use(int x) { A a(x); B b(x); return a.v * 100 + b.v; }
