// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int work(int x) { return outside(x); }
