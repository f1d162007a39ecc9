// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { double d = outside(x) * 1.5; return (int)(d * d); }
