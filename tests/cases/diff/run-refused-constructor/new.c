// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int ready;
static __attribute__((constructor)) void start(void) { ready = outside(40); }
int use(int x) { return ready + outside(x) + 1; }
