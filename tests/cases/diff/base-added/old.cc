// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Other { int k; };
struct Shape { virtual int area(); int n; };
int Shape::area() { return n; }
int use(Shape *s) { return s->area(); }
