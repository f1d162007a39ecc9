// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct item { unsigned number; char *name; unsigned flags : 3, more : 5; };
int use(struct item *i) { return outside(i->number) + i->more + 1; }
