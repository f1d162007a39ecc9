// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int first(int);
int use(int x) { return first(x) * 2 + first(x + 1); }
