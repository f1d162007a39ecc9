// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <typename T> concept Small = sizeof(T) <= 4;
template <Small T> __attribute__((noinline)) int kind(T x) { return outside((int)x) + 3; }
template <typename T> __attribute__((noinline)) int kind(T x) { return outside((int)x); }
int use(int x) { return kind(x) + kind((long)x); }
