// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static volatile int calls;
int use(int x) { calls += x; int is = calls; calls -= x; return is + outside(x) * 2; }
