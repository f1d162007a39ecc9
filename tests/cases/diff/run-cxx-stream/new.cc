// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <iomanip>
extern int outside(int);
int use(int x) { std::ostringstream s; s << "x=y" << std::setw(5) << outside(x) << std::hex << x + 10; int h = 1; for (char c : s.str()) h = h * 33 + c; return h; }
