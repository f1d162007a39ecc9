// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Other { int k; };
struct Shape : Other { virtual int area(); int n; };
int Shape::area() { return n + k; }
int use(Shape *s) { return s->area(); }
