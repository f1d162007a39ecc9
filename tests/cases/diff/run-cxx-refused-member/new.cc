// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { int v = 1; int w = 2; int f(int x) { return outside(x) + v * w; } };
static A *kept;
int use(int x) { if (!kept) kept = new A; return kept->f(x); }
