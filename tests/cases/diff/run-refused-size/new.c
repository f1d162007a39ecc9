// SPDX-License-Identifier: Apache-2.0
int row[16] = { 1, 2, 3 };
extern int outside(int);
int use(int x) { row[16 - 1] = x; return outside(x) + row[1] + 16; }
