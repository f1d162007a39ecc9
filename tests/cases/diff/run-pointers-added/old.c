// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int a(int x) { return outside(x); }
int use(int x) { return a(x); }
