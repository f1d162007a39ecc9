// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Z { int f0(int x) { return x; } };
struct A { virtual int f(int x) { return outside(x); } };
static A a;
A *volatile p = &a;
int use(int x) { return p->f(x); }
