// SPDX-License-Identifier: Apache-2.0
extern void cleanup(int *); extern int outside(int);
int f(int x) { int y __attribute__((cleanup(cleanup))) = x; return outside(y) + 2; }
