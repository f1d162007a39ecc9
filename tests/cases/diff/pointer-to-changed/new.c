// SPDX-License-Identifier: Apache-2.0
extern void keep(int (*)(int));
extern int outside(int);
static int callback(int x) { return outside(x) + 2; }
void setup(int x) { keep(callback); outside(x + 1); }
