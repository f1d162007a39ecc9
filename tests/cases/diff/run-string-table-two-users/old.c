// SPDX-License-Identifier: Apache-2.0
extern int puts(const char *);
static const char *const names[] = { "zero", "one", "two", "three", "four", "five" };
__attribute__((noinline)) int other(int x) { puts(names[5 - x]); return x + 1; }
int use(int x) { puts(names[x]); return other(x); }
