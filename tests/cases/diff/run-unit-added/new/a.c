// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int extra(int);
int use(int x) { return extra(x); }
