// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
static sigjmp_buf back;
static __attribute__((noinline)) int deep(int x) { if (x > 3) siglongjmp(back, x); return x * 2; }
int use(int x) { int got = sigsetjmp(back, 0); return got ? got + 1000 * 2 : deep(x); }
