// SPDX-License-Identifier: Apache-2.0
__attribute__((noinline)) int many(int a, int b, int c, int d, int e, int f, int g, int h, int i, long j) { return a + b * 2 + c * 3 + d + e + f + g * h + i - (int)j; }
int use(int x) { return many(x, 1, 2, 3, 4, 5, 6, x, 8, 9); }
