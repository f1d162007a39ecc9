// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
extern int show(const wchar_t *);
int f(void) { return show(L"wide one") + 1; }
