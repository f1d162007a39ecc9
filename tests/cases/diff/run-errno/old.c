// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <unistd.h>
int use(int x) { errno = 0; if (x & 1) close(-1); return errno ; }
