// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { virtual int f(int x) { return outside(x); } virtual int g(int x) { return outside(x) * 4; } };
static A a;
A *volatile p = &a;
int use(int x) { return p->f(x) + p->g(x); }
