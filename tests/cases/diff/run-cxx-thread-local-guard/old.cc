// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Made { int v; Made(int x) : v(outside(x)) {} ~Made() { v = 0; } };
int use(int x) { thread_local Made made(3); return made.v * x + 1; }
