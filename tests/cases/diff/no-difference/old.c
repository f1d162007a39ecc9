// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int state = 3;
__attribute__((noinline)) int work(int x) { return outside(x) * 3 + state; }
int other(int x) { return work(x) + 1; }
