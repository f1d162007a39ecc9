// SPDX-License-Identifier: Apache-2.0
int level = 3;
int big[4] = { 1, 2, 3, 4 };
int get(int i) { return level + big[i]; }
