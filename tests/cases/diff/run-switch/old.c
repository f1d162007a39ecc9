// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { switch (x) { case 0: return outside(9); case 1: return outside(7) + 2; case 2: return outside(1) * 5; case 3: return 8; case 4: return outside(2); default: return 0; } }
