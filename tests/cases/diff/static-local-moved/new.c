// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int count;
int first(int x) { count += x; return outside(count); }
