// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { return outside(x) * 3; }
