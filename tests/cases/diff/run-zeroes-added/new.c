// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int seen[100000];
int use(int x) { seen[x * 9999]++; int is = outside(x) + seen[x * 9999] + seen[5]; seen[x * 9999]--; return is; }
