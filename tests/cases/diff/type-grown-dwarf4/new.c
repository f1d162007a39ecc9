// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct item { int id; struct item *next; long hits; };
int use(struct item *i) { i->hits++; return outside(i->id); }
