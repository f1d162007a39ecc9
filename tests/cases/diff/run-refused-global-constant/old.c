// SPDX-License-Identifier: Apache-2.0
const int limits[] = { 1, 2, 3 };
extern int outside(int);
int use(int x) { return outside(limits[x % 3]); }
