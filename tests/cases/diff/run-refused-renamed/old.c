// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static volatile int count;
int use(int x) { count += x; int is = count; count -= x; return is + outside(x); }
