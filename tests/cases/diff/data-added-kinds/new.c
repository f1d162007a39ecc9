// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int kept = 5;
static int twice(int x) { return outside(x) * 2; }
int filled = 7;
static int zero[100];
static struct { int (*call)(int); const char *name; int *old; int *other; } table[2] = { { twice, "first name", &kept, &filled }, { outside, "second name", &filled, zero } };
int use(int x) { static int calls = 3; calls++; table[0].other = &calls; zero[x & 63] += calls; return table[x & 1].call(x) + kept + filled + table[x & 1].name[0]; }
