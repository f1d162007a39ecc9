// SPDX-License-Identifier: Apache-2.0
#define KIND(v) _Generic((v), int: 1, long: 7, double: 3, default: 4)
int use(int x) { return KIND(x) + KIND(1L) * 10 + KIND(1.0) * 100 + x; }
