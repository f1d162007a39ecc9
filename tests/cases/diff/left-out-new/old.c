// SPDX-License-Identifier: Apache-2.0
static int level = 3;
void set(int x) { level = x; }
int get(void) { return level; }
