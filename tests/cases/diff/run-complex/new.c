// SPDX-License-Identifier: Apache-2.0
#include <complex.h>
int use(int x) { double complex z = x + 2.0 * I; z = z * z + 3.0 * I; return (int)(creal(z) * 10 + cimag(z)); }
