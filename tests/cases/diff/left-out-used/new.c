// SPDX-License-Identifier: Apache-2.0
static int __attribute__((used)) level = 3;
void set(int x) { (void)x; }
int get(void) { return level; }
