// SPDX-License-Identifier: Apache-2.0
static const int table[4] = { 1, 2, 3, 4 };
const int *current = table;
int get(int i) { return current[i]; }
