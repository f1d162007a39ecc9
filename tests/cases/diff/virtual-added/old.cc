// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Shape { virtual int area(); virtual ~Shape(); int n; };
int Shape::area() { return n; }
Shape::~Shape() { outside(n); }
int use(Shape *s) { return s->area(); }
