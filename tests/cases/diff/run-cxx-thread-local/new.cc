// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Made { int v; Made() : v(outside(3)) {} };
thread_local Made made;
int use(int x) { return made.v * x; }
