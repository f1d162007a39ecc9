// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline __attribute__((always_inline)) int inner(int x) { return outside(x) * 3; }
inline __attribute__((noinline)) int middle(int x) { return inner(x) + outside(x + 1) * 5; }
extern int first(int);
int use(int x) { return middle(x) * 2 + first(x); }
