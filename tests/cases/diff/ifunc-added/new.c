// SPDX-License-Identifier: Apache-2.0
static int plain(int x) { return x; }
static int fancy(int x) { return x + 1; }
extern int choice;
static int (*resolve(void))(int) { return choice ? fancy : plain; }
int pick(int) __attribute__((ifunc("resolve")));
int (*resolve_more(void))(int) { return choice ? plain : fancy; }
int more(int) __attribute__((ifunc("resolve_more")));
int use(int x) { return more(x) * 3; }
