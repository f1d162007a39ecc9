// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
constexpr auto size = 12uz;
int use(int x) { return (int)size * outside(x); }
