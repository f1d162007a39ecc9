// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
int sum(int n, ...) { va_list a; va_start(a, n); int s = 0; for (int i = 0; i < n; i++) s += va_arg(a, int) * 2; va_end(a); return s; }
int use(int x) { return sum(3, x, 2, 3) + sum(8, 1, 2, 3, 4, 5, 6, 7, x); }
