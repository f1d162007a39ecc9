// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { int s = 0; for (int i = 0; i <= x; i++) s += outside(i); return s; }
