// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __thread int depth = 5;
int use(int x) { if (x == 0) depth = 5; depth += outside(x); return depth; }
