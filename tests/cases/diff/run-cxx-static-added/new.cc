// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static int first = outside(50); return outside(x) + first; }
