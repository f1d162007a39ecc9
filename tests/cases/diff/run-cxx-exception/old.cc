// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { try { if (outside(x) > 5) throw x; return 1; } catch (int e) { return e * 10; } }
