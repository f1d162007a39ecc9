// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { int r = outside(x); if (r > 4) goto out; r += 10; out: return r; }
