// SPDX-License-Identifier: Apache-2.0
extern int maybe(int);
int f(int x) { return maybe ? maybe(x) : 0; }
