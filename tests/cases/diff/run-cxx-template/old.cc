// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <class T> __attribute__((noinline)) T twice(T v) { return v + v; }
int use(int x) { return twice(outside(x)) + (int)twice(x * 15L); }
