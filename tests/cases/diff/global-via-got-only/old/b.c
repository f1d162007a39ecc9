// SPDX-License-Identifier: Apache-2.0
extern int level; extern int outside(int);
int f(int x) { return outside(x); }
