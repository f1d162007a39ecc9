// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int twin(int x) { return outside(x) * 3 + outside(x + 1) * 7 + outside(x + 2); }
int (*pick_a(int k))(int) { return k * 3 + 1 > 9 ? twin : (int (*)(int))outside; }
