// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int ends;
struct A { int v = 3; ~A() { ends += v; } };
int use(int x) { ends = 0; A *a = new A[x + 1]; a[x].v = outside(x) * 2; delete[] a; return ends; }
