// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static const int limit = 4;
int use(int x) { return outside(x) > limit ? limit : outside(x); }
