// SPDX-License-Identifier: Apache-2.0
#include <mutex>
extern int outside(int);
static std::mutex lock;
static int level;
int use(int x) { std::lock_guard<std::mutex> held(lock); level += x; int is = level * outside(x); level -= x; return is; }
