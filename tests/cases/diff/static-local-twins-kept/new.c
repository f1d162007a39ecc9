// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int both(int x) { int r; { static int n; n += x; r = outside(n); } { static int n; n -= x; r += outside(n); } return r; }
int other(int x) { return outside(x) + 2; }
