// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __thread int mine = 6, other = 2;
int use(int x) { mine += x; other = mine; int is = outside(mine) + other * 5; mine -= x; return is; }
