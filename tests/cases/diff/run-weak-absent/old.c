// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int missing(int) __attribute__((weak));
int use(int x) { return missing ? missing(x) : outside(x) + 3; }
