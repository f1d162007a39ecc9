// SPDX-License-Identifier: Apache-2.0
extern int maybe(int) __attribute__((weak));
int f(int x) { return maybe ? maybe(x) : 0; }
