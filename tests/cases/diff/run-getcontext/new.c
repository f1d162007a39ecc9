// SPDX-License-Identifier: Apache-2.0
#include <ucontext.h>
int use(int x) { volatile int round = 0; ucontext_t here; getcontext(&here); round++; if (round < 3 + x % 2) setcontext(&here); return round * 9 + x; }
