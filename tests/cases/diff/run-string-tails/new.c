// SPDX-License-Identifier: Apache-2.0
extern int printf(const char *, ...);
int use(int x) { printf("%s\n", x & 1 ? "goodbye world" : "world"); printf("%s\n", "orld"); return x; }
