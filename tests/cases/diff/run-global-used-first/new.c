// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int level;
int use(int x) { return outside(x) + level; }
