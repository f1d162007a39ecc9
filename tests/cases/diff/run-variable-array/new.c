// SPDX-License-Identifier: Apache-2.0
int use(int x) { int v[x + 2]; for (int i = 0; i < x + 2; i++) v[i] = i * i; int s = 0; for (int i = 0; i < x + 2; i++) s += v[i]; return s; }
