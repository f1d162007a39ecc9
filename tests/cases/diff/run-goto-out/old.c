// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
int use(int x) { int r = -1; char *a = malloc(10), *b = malloc(20); if (x == 2) goto out; if (x == 3) { r = -2; goto out; } b[3] = (char)x; r = b[3]; out: free(b); free(a); return r; }
