// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Counter { static int level; int f(int x) { level += x; int is = level; level -= x; return is * outside(x); } };
int Counter::level = 8;
int use(int x) { return Counter().f(x); }
