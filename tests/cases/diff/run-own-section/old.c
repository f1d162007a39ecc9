// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((section(".text.special"), noinline)) int special(int x) { return outside(x) + 4; }
int use(int x) { return special(x) + 1; }
