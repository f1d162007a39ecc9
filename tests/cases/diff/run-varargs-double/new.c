// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
double sum(int n, ...) { va_list a; va_start(a, n); double s = 0; for (int i = 0; i < n; i++) s += va_arg(a, double) * 2; va_end(a); return s; }
int use(int x) { return (int)(sum(2, x * 1.5, 2.25) * 4); }
