// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Holder { int value; Holder(int v) : value(outside(v)) {} ~Holder() { outside(value); } };
int use(int x) { static Holder held(x); return outside(x) + held.value; }
