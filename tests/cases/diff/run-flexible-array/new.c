// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
struct line { int n; char text[]; };
int use(int x) { struct line *l = malloc(sizeof *l + 8); l->n = x; for (int i = 0; i < 8; i++) l->text[i] = (char)(i * x); int s = l->text[7] + l->n; free(l); return s; }
