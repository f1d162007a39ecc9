// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline int &level() { static int l = 8; return l; }
int use(int x) { level() += x; int is = level() + outside(x); level() -= x; return is; }
