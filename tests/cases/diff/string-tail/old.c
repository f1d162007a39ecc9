// SPDX-License-Identifier: Apache-2.0
extern int show(const char *);
int f(int k) { return show(k ? "suffix" : "a suffix") + 1; }
int g(void) { return show("suffix"); }
