// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int first(int x) { switch (x) { case 0: return outside(1); case 1: return outside(9) + 3; case 2: return outside(x) * 7; case 3: return outside(4) ^ 5; case 4: return outside(77); case 5: return outside(2) + outside(3); } return 0; }
int use(int x) { switch (x) { case 0: return first(1); case 1: return outside(5) + 3; case 2: return first(x) * 7; case 3: return outside(40) * 5; case 4: return first(7); case 5: return outside(22) + outside(3); } return 1; }
