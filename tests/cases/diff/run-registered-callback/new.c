// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int (*registered)(int);
static int callback(int x) { return outside(x) * 3; }
int use(int x) { if (!registered) registered = callback; return registered(x); }
