// SPDX-License-Identifier: Apache-2.0
__attribute__((target_clones("avx2", "default"))) int sum(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += p[i] * 3; return s; }
int use(int x) { int a[4] = { x, 2, 3, 4 }; return sum(a, 4); }
