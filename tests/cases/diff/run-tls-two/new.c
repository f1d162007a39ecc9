// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __thread int one = 6, two = 7;
int use(int x) { one ^= x; two += one; int is = outside(one) * two; two -= one; one ^= x; return is; }
