// SPDX-License-Identifier: Apache-2.0
struct p { int a, b, c; };
static int total(struct p p) { return p.a + p.b * 10 + p.c * 100; }
int use(int x) { return total((struct p){ .c = x, .a = 9 }); }
