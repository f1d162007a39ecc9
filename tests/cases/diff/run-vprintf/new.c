// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
static void say(const char *format, ...) { va_list a; va_start(a, format); printf("note: "); vprintf(format, a); va_end(a); }
int use(int x) { say("%d %s %.1f\n", x, "text", x / 2.0); return x; }
