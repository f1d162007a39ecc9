// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int alpha(int x) { return outside(x) + 1; }
