// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct item { int id; struct item *next; };
int use(struct item *i) { return outside(i->id); }
