// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int printf(const char *, ...);
static __attribute__((cold, noinline)) int complain(int x) { printf("odd %d\n", x); return outside(x); }
int use(int x) { int sum = outside(x); if (x == 3) { sum += complain(x ); sum += complain(x + 1); } return sum; }
