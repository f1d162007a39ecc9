// SPDX-License-Identifier: Apache-2.0
#include <stdatomic.h>
static atomic_int level;
int use(int x) { int was = atomic_fetch_add(&level, x * 1); int is = atomic_exchange(&level, was); return was * 100 + is; }
