// SPDX-License-Identifier: Apache-2.0
struct A { int a; }; struct B { int b; };
void outside(int);
int f(int x) { try { outside(x); } catch (const A &) { return 1; } return 0; }
void g(int x) { if (x) throw A{x}; throw B{x + 1}; }
