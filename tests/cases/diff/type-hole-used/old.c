// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
typedef struct { int id; char *name; } item;
int use(item *i) { return outside(i->id); }
