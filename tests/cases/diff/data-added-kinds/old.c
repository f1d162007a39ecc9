// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int kept = 5;
static int twice(int x) { return outside(x) * 2; }
int use(int x) { return twice(x) + outside(kept); }
int more(int x) { return twice(x + 1); }
