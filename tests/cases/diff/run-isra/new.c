// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct pair { int a, b; };
static __attribute__((noinline)) int read(struct pair *p) { return outside(p->a) - 9; }
int use(int x) { struct pair p = { x, 4 }; struct pair q = { x + 1, 5 }; return read(&p) + read(&q) * 2; }
