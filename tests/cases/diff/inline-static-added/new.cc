// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
inline int count(int x) { static int calls = 5; calls += x; return outside(calls); }
int use(int x) { return outside(x) + count(x) + count(x + 1); }
