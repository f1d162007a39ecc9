// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int last = 40;
int use(int x) { if (x == 0) last = 40; last += outside(x); return last; }
