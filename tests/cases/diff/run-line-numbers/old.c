// SPDX-License-Identifier: Apache-2.0
extern int outside(int);

extern int printf(const char *, ...);
#define CHECK(c) do { if (!(c)) printf("line %d\n", __LINE__); } while (0)
__attribute__((noinline)) int other(int x) { CHECK(x < 2); return outside(x); }
int use(int x) { CHECK(x > 1); return other(x); }
