// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { int v[64]; for (int i = 0; i < 64; i++) v[i] = i * x ; int s = 0; for (int i = 0; i < 64; i++) s += v[i] ^ i; return outside(s); }
