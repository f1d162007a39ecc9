// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __thread int mine = 6;
int use(int x) { mine += x; int is = outside(mine); mine -= x; return is; }
