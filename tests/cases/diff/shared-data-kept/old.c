// SPDX-License-Identifier: Apache-2.0
int a = 1, b = 2;
int f(void) { return a + b; }
