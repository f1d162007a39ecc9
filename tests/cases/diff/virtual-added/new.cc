// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Shape { virtual int area(); virtual int edge(); virtual ~Shape(); int n; };
int Shape::area() { return n; }
int Shape::edge() { return n * 4; }
Shape::~Shape() { outside(n); }
int use(Shape *s) { return s->area() + s->edge(); }
