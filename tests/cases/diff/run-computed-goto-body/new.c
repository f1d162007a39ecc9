// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static const void *const go[] = { &&a, &&b, &&c }; int sum = 0; goto *go[x % 3]; a: sum += outside(1); b: sum -= outside(2); c: sum += outside(x); return sum; }
