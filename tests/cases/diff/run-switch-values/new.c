// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { int value; switch (x) { case 0: value = 17; break; case 1: value = 4; break; case 2: value = 99; break; case 3: value = 55; break; case 4: value = 23; break; case 5: value = -8; break; default: value = 0; } return outside(value); }
