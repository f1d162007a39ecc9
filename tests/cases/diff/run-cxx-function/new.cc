// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <string>
#include <map>
#include <memory>
#include <functional>
extern int outside(int);
static std::function<int(int)> kept;
__attribute__((noinline)) int body(int x) { return outside(x) * 3; }
int use(int x) { if (!kept) kept = body; return kept(x); }
