// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern int seen;
int alpha(int x) { seen++; return outside(x) + 2; }
