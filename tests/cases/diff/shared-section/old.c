// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int one(int x) { return outside(x) + 1; }
int two(int x) { return outside(x) + 2; }
