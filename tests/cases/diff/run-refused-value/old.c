// SPDX-License-Identifier: Apache-2.0
int level = 5;
extern int outside(int);
int use(int x) { return outside(x) + level; }
