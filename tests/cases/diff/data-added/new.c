// SPDX-License-Identifier: Apache-2.0
int level = 3;
int big[4] = { 1, 2, 3, 4 };
int fresh;
int get(int i) { fresh++; return level + big[i]; }
