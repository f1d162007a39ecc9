// SPDX-License-Identifier: Apache-2.0
#include <string.h>
__attribute__((noinline)) int stamp(void) { return (int)strlen(__DATE__ " " __TIME__); }
int use(int x) { return stamp() * x; }
