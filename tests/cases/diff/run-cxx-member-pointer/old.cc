// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct A { int v = 4; __attribute__((noinline)) int f(int x) { return outside(x) + v; } __attribute__((noinline)) int g(int x) { return outside(x) - v; } };
int (A::*volatile chosen)(int) = &A::f;
int use(int x) { A a; return (a.*chosen)(x) + a.g(x); }
