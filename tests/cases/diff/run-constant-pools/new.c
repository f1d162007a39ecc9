// SPDX-License-Identifier: Apache-2.0
static const double table[] = { 1.5, 2.5, 7.5, 4.5 };
static const char *const names[] = { "one", "two", "t7.5", "four" };
int use(int x) { const char *n = names[x & 3]; return (int)(table[x & 3] * 10) + n[1]; }
