// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { try { if (outside(x) > 3) throw x; return 2; } catch (int e) { return e * 20; } }
