// SPDX-License-Identifier: Apache-2.0
static __thread int mine = 1;
int use(int x) { mine += x; return mine * 3; }
