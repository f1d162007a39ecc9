// SPDX-License-Identifier: Apache-2.0
typedef int four __attribute__((vector_size(16)));
int use(int x) { four a = { x, 2, 3, 4 }, b = { 10, 20, x, 40 }; four c = a + b; return c[0] + c[1] * 2 + c[2] * 3 + c[3]; }
