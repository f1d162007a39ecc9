// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline __attribute__((noinline)) int inner(int x) { return outside(x) * 3; }
inline __attribute__((noinline)) int middle(int x) { return inner(x) + outside(x + 1) * 5; }
int first(int x) { return middle(x) + 1; }
