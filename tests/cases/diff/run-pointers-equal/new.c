// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int twice(int x) { return outside(x) * 3; }
int (*volatile kept)(int) = twice;
int use(int x) { return (kept == twice) * 100 + kept(x); }
