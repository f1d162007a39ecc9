// SPDX-License-Identifier: Apache-2.0
#include <string.h>
__asm__(".symver old_copy, memcpy@GLIBC_2.2.5");
extern void *old_copy(void *, const void *, unsigned long);
int use(int x) { int from[3] = { x, 5, 3 }, to[3]; old_copy(to, from, sizeof to); return to[0] + to[1] * to[2]; }
