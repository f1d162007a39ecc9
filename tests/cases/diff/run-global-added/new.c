// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int level = 12;
int use(int x) { level += x; int is = outside(level); level -= x; return is; }
