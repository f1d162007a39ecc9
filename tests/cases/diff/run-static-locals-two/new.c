// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int count_a(int x) { static int count = 10; count += x; return count - x; }
int count_b(int x) { static int count = 20; count += outside(x) * 2; int is = count; count -= outside(x) * 2; return is; }
int use(int x) { int a = count_a(x); count_a(-x); return a + count_b(x); }
