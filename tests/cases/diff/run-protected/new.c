// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((visibility("protected"))) int inner(int x) { return outside(x) - 1; }
int use(int x) { return inner(x) * 2; }
