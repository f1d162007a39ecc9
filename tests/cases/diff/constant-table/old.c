// SPDX-License-Identifier: Apache-2.0
static const int weights[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const int steady[8] = { 9, 8, 7, 6, 5, 4, 3, 2 };
int weigh(int i) { return weights[i & 7]; }
int twice(int i) { return weights[(i + 1) & 7] * 2; }
int calm(int i) { return steady[i & 7]; }
