// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int other(void) { return outside(3); }
