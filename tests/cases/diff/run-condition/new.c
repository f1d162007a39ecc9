// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { if (x > 3) return -1; return 60 / outside(x); }
