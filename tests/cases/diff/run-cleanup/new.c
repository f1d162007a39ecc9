// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static void done(int *p) { (void)outside(*p); }
int use(int x) { __attribute__((cleanup(done))) int v = x; v *= 3; return outside(v); }
