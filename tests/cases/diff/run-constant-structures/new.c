// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
struct row { const char *name; int value; };
static const struct row rows[] = { { "a", 1 }, { "b", 22 }, { "c", 3 } };
int use(int x) { printf("%s\n", rows[x % 3].name); return rows[x % 3].value; }
