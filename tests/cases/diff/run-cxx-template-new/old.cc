// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <typename T> __attribute__((noinline)) T helper(T x) { return outside(x) + 3; }
int use(int x) { return helper(x); }
