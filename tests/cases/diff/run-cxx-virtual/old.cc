// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct S { virtual int f(int x) { return outside(x); } };
static S s;
S *volatile p = &s;
int use(int x) { return p->f(x); }
