// SPDX-License-Identifier: Apache-2.0
struct big { int v[20]; };
struct big fill(struct big b, int x) { for (int i = 0; i < 20; i++) b.v[i] += x * i; return b; }
int use(int x) { struct big b = { { 1, 2, 3 } }; b = fill(b, x); return b.v[0] + b.v[19] * 3; }
