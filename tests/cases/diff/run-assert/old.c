// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdio.h>
int use(int x) { assert(x < 100); char text[32]; snprintf(text, sizeof text, "%d", x ); return text[0]; }
