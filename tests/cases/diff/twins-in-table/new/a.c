// SPDX-License-Identifier: Apache-2.0
struct ops { void *(*init)(int); void (*release)(void *); int (*run)(void *); };
extern void *take(int);
extern void give(void *);
static void *init(int n) { return take(n + 1); }
static void release(void *p) { *(int *)p = 77; give(p); }
static int run(void *p) { return *(int *)p * 2; }
struct ops ops_a = { init, release, run };
