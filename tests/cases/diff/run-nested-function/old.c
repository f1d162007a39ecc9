// SPDX-License-Identifier: Apache-2.0
int use(int x) { int level = x; int add(int y) { return level + y; } int sum = 0; for (int i = 0; i < 3; i++) sum += add(i + 1); return sum; }
