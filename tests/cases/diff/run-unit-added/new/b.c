// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int calls = 3;
int extra(int x) { calls += x; int is = outside(calls); calls -= x; return is; }
