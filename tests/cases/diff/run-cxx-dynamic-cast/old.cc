// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Base { virtual int f(int x) { return outside(x); } virtual int g(int x) { return outside(x) + 1; } virtual ~Base() {} };
struct One : Base { }; struct Two : Base { int v = 6; };
__attribute__((noinline)) int kind(Base *b) { if (auto *t = dynamic_cast<Two *>(b)) return t->v + 2; return dynamic_cast<One *>(b) ? 1 : 0; }
int use(int x) { One o; Two t; Base b; return kind(&o) + kind(&t) * 10 + kind(&b) * 100 + x; }
