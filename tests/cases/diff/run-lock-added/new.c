// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
#include <pthread.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int held;
int use(int x) { pthread_mutex_lock(&lock); int r = outside(x) + ++held - held + 1; pthread_mutex_unlock(&lock); return r; }
