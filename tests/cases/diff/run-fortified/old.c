// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>
int use(int x) { char a[16], b[16]; snprintf(a, sizeof a, "%d-x", x); strcpy(b, a); strcat(b, "z"); memmove(b + 1, b, 5); b[6] = 0; puts(b); return (int)strlen(b); }
