// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int total() { return 3; }
template <typename T, typename... R> __attribute__((noinline)) int total(T first, R... rest) { return first + total(rest...) * 3; }
int use(int x) { return total(x, 2, 3) + total(outside(x)); }
