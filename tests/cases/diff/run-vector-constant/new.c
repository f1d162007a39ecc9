// SPDX-License-Identifier: Apache-2.0
static short v[32] = { 5, 1, 7 };
int use(int x) { short w[32]; for (int i = 0; i < 32; i++) w[i] = (short)((v[i] + x) * 5); int s = 0; for (int i = 0; i < 32; i++) s += w[i] * i; return s; }
