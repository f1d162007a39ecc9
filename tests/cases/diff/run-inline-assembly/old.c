// SPDX-License-Identifier: Apache-2.0
int use(int x) { int y; __asm__("leal 1(%1,%1), %0" : "=r"(y) : "r"(x)); return y ; }
