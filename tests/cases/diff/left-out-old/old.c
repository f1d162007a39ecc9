// SPDX-License-Identifier: Apache-2.0
void note(int x);
static int count;
void note(int x) { count = x; }
int get(void) { return 0; }
