// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
static volatile sig_atomic_t got;
static void handler(int s) { got = s * 3; }
int use(int x) { signal(SIGUSR1, handler); raise(SIGUSR1); return got + x; }
