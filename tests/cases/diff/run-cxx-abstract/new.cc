// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Shape { virtual int area() const = 0; virtual ~Shape() = default; };
struct Square : Shape { int s; Square(int s) : s(s) {} int area() const override { return s * s; } };
__attribute__((noinline)) int measure(const Shape &s) { return s.area(); }
int use(int x) { Square s(outside(x)); return measure(s); }
