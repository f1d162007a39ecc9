// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((aligned(128), noinline)) int wide(int x) { return outside(x) + 4; }
int use(int x) { return wide(x) + 1; }
