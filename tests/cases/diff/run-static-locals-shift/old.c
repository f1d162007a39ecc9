// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static int count = 5; count += x; int is = count + outside(x); count -= x; return is; }
