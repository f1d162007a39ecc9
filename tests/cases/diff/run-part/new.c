// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int slow(int x) { if (x < 2) return 0; int sum = 0; for (int i = 0; i < x; i++) { sum += outside(i) * outside(sum & 7); sum ^= outside(x + i); } return sum + 13; }
int first(int x) { return slow(x) + 1; }
int second(int x) { return slow(x + 1) * 2; }
int use(int x) { return first(x) + second(x) + slow(9 - x); }
