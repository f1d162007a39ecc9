// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
#include <cstdio>
extern int outside(int);
__attribute__((noinline)) void thrower(int x) { if (x & 1) throw std::runtime_error("odd one"); if (x == 4) throw std::out_of_range("four"); }
int use(int x) { try { thrower(x); return outside(x); } catch (const std::exception &e) { std::puts(e.what()); return -x; } }
