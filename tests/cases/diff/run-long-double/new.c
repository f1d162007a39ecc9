// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { long double d = outside(x) * 2.25L; return (int)(d * d / 0.3L); }
