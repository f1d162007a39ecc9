// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static int count; return outside(x) - x + ++count; }
