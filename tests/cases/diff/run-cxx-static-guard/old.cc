// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Made { int v; Made(int v) : v(outside(v)) {} };
int use(int x) { static Made made(4); return made.v + x; }
