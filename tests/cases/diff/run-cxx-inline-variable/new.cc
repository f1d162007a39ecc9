// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline int level = 8;
int use(int x) { level += x; int is = level * outside(x); level -= x; return is; }
