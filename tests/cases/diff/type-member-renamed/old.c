// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct item { int id; char *name; unsigned flags : 3, more : 5; };
int use(struct item *i) { return outside(i->id) + i->more; }
