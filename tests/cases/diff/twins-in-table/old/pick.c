// SPDX-License-Identifier: Apache-2.0
struct ops { void *(*init)(int); void (*release)(void *); int (*run)(void *); };
extern struct ops ops_a, ops_b;
int use(int k, int n) { struct ops *ops = k ? &ops_a : &ops_b; void *p = ops->init(n); int r = ops->run(p) * 3 + k; ops->release(p); return r; }
