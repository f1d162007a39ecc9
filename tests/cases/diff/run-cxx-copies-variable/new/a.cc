// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int level;
inline __attribute__((noinline)) int graded(int x) { return outside(x) * level; }
int first(int x) { return graded(x) + 1; }
