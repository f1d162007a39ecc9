// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int calls;
static __attribute__((destructor)) void finish(void) { calls = 0; }
int use(int x) { return outside(x) + (calls = 4); }
