// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
static int level;
static void *body(void *p) { level = *(int *)p + 3; return 0; }
int use(int x) { pthread_t t; pthread_create(&t, 0, body, &x); pthread_join(t, 0); return level; }
