// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int seen = 4;
int alpha(int x) { seen++; return outside(x) + 1; }
