// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <typename T> __attribute__((noinline)) int kind(T x) { return outside(x); }
template <> __attribute__((noinline)) int kind<long>(long x) { return outside((int)x) * 50; }
int use(int x) { return kind(x) + kind((long)x); }
