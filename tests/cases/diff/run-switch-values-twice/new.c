// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int first(int x) { switch (x) { case 0: return 17; case 1: return 4; case 2: return 99; case 3: return 5; case 4: return 23; default: return 0; } }
int use(int x) { int value; switch (x) { case 0: value = 7; break; case 1: value = 44; break; case 2: value = 9; break; case 3: value = 55; break; case 4: value = 2; break; case 5: value = -8; break; default: value = 0; } return outside(value) + first(x); }
