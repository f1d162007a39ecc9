// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((weak)) int choice(int x) { return outside(x) + 3; }
int use(int x) { return choice(x) - 1; }
