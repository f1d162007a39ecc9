// SPDX-License-Identifier: Apache-2.0
struct ops { void *(*init)(int); void (*release)(void *); int (*run)(void *); };
extern void *take(int);
extern void give(void *);
static void *init(int n) { return take(n + 2); }
static void release(void *p) { give(p); }
static int run(void *p) { return *(int *)p * 3; }
struct ops ops_b = { init, release, run };
