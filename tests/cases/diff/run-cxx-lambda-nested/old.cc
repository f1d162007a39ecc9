// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
template <typename F> int apply(F f, int x) { return f(x) + f(2); }
int use(int x)
{
    auto first = [x](auto y) { return [x, y](int z) { return x * y + z * 1; }; };
    return apply(first(3), x) + apply([](int y) { return outside(y); }, x);
}
