// SPDX-License-Identifier: Apache-2.0
#include <string.h>
int use(int x) { const char *names[] = { "alpha", "beta", "gamma", "delta", "x", "" }; return strcmp(names[x], "gamma") == 0 ? 100 : (int)strlen(names[x]) + (memcmp(names[x], "al", 2) == 0); }
