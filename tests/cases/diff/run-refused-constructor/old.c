// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int ready;
int use(int x) { return ready + outside(x); }
