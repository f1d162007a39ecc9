// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int calls = 100;
int use(int x) { if (x == 0) calls = 100; calls += outside(x); return calls; }
