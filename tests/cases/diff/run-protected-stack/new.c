// SPDX-License-Identifier: Apache-2.0
#include <string.h>
int use(int x) { char line[64]; memset(line, 'a' + x, sizeof line); line[x] = 'q'; return line[0] + line[x] + line[63]; }
