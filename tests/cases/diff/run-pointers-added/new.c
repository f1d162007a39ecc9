// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int puts(const char *);
static int a(int x) { return outside(x); }
static int b(int x) { return outside(x) * 5; }
static struct { const char *name; int (*f)(int); } steps[] = { { "a", a }, { "b", b }, { "o", outside } };
int use(int x) { puts(steps[x % 3].name); return steps[x % 3].f(x); }
