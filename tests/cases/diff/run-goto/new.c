// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { int r = outside(x); if (r > 8) goto out; r += 20; out: return r - 1; }
