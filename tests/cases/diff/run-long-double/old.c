// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { long double d = outside(x) * 1.5L; return (int)(d * d); }
