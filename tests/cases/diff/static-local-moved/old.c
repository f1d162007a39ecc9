// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int first(int x) { static int count; count += x; return outside(count); }
