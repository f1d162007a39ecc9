// SPDX-License-Identifier: Apache-2.0
static int plain(int x) { return x; }
static int fancy(int x) { return x + 1; }
extern int choice;
static int (*resolve(void))(int) { return choice ? fancy : plain; }
int pick(int) __attribute__((ifunc("resolve")));
int use(int x) { return pick(x) * 2; }
