// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int level = 4;
inline __attribute__((noinline)) int graded(int x) { return outside(x) * level; }
extern int first(int);
int use(int x) { return graded(x) * 2 + first(x); }
