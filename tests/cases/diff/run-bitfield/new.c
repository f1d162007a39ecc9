// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct f { unsigned a : 3, b : 7, c : 22; };
int use(int x) { struct f f = { outside(x), x, 5 }; return f.a * f.c + f.b; }
