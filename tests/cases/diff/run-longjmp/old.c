// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
static jmp_buf back;
static __attribute__((noinline)) void leave(int x) { longjmp(back, x + 1); }
int use(int x) { if (setjmp(back) == 0) leave(x); return x + 3; }
int value(int x) { int got = setjmp(back); if (got) return got; leave(x); return 0; }
