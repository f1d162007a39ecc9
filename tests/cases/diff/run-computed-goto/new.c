// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static const void *const go[] = { &&a, &&b, &&c, &&d }; int sum = 0; goto *go[x % 4]; a: sum += outside(1); b: sum += outside(2); c: sum += outside(x); d: sum ^= 5; return sum; }
