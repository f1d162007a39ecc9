// SPDX-License-Identifier: Apache-2.0
__attribute__((naked)) int twice(int x) { __asm__("lea 3(%rdi,%rdi), %eax; ret"); }
int use(int x) { return twice(x) + 1; }
