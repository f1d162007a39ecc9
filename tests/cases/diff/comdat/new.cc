// SPDX-License-Identifier: Apache-2.0
inline int twice(int x) { static int n; return x * 3 + n++; }
int use(int x) { return twice(x) + 1; }
