// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
typedef struct { int id; int hits; char *name; } item;
int use(item *i) { i->hits++; return outside(i->id); }
