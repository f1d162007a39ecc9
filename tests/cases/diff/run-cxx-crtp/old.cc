// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <typename D> struct Base { int run(int x) { return static_cast<D *>(this)->step(x) + 1; } };
struct Mine : Base<Mine> { __attribute__((noinline)) int step(int x) { return outside(x) + 3; } };
int use(int x) { return Mine().run(x); }
