// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct p { long a, b, c; };
static __attribute__((noinline)) struct p make(int x) { struct p p = { outside(x), x, 3 }; return p; }
int use(int x) { struct p p = make(x); return p.a + p.b; }
