// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int fast(int x) { return outside(x); }
static int slow(int x) { return outside(x) + 100; }
static void *choose(void) { return (void *)fast; }
int chosen(int x) __attribute__((ifunc("choose")));
int use(int x) { return chosen(x) + fast(1) + slow(2); }
