// SPDX-License-Identifier: Apache-2.0
extern int a, b;
int a = 1, b = 2;
int f(void) { return a + b; }
