// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int ends;
struct A { int v; A(int v) : v(v) {} __attribute__((noinline)) ~A() { ends += v * 3; } };
__attribute__((noinline)) void deep(int x) { A a(x); if (x > 2) throw x; }
int use(int x) { ends = 0; try { deep(x); } catch (int v) { ends += v * 1000; } return ends + outside(0); }
