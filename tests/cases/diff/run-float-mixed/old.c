// SPDX-License-Identifier: Apache-2.0
int use(int x) { double d = x; float f = (float)d + 0.5f; unsigned long u = (unsigned long)(d * 3e9); return (int)(u % 1000) + (int)(f * 10) ; }
