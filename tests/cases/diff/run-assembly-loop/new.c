// SPDX-License-Identifier: Apache-2.0
int use(int x) { int y = 0, n = x + 1; __asm__ volatile("1: addl $5, %0\n\tdecl %1\n\tjnz 1b" : "+r"(y), "+r"(n) : : "cc"); return y; }
