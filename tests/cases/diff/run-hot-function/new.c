// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((hot, noinline)) int hot(int x) { return outside(x) * 4; }
__attribute__((cold, noinline)) int cold(int x) { return outside(x) * 5; }
int use(int x) { return hot(x) + cold(x); }
