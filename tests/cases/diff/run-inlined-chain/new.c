// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static inline int inner(int x) { return outside(x) ^ 3; }
static inline int middle(int x) { return inner(x) + inner(x + 1); }
int use(int x) { return middle(x) * 2; }
