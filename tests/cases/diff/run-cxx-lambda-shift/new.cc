// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int call(int (*f)(int), int x) { return f(x) + f(x + 1); }
int use(int x) { int a = call([](int y) { return outside(y) * 7; }, x); return a + call([](int y) { return outside(y) + 3; }, x); }
