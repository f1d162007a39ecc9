// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct M { int a, b; __attribute__((noinline)) M operator*(const M &o) const { return { a * o.a, b + o.b }; } bool operator==(const M &o) const { return a == o.a && b == o.b; } };
int use(int x) { M m = M{ x, 2 } * M{ 3, outside(x) }; return m.a * 100 + m.b + (m == m); }
