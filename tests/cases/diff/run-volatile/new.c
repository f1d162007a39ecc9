// SPDX-License-Identifier: Apache-2.0
volatile int level = 4;
int use(int x) { return level + level * x - level; }
