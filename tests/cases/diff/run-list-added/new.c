// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct node { struct node *next; int value; };
static struct node head = { &head, 7 };
int use(int x) { return outside(x) + head.next->next->value + (head.next == &head); }
