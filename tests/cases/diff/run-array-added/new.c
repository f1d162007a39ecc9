// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int seen[5000];
int use(int x) { seen[outside(x) * 300]++; int n = 0; for (int i = 0; i < 5000; i++) n += seen[i] != 0; return n; }
