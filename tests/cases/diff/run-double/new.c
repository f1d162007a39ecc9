// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { double d = outside(x) * 2.25; return (int)(d * d + 0.125); }
