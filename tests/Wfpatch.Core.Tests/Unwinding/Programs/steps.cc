// SPDX-License-Identifier: Apache-2.0
// What C++ code does with its stack, to be stepped through instruction by instruction: exceptions above all.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

static volatile int sink;

struct Guard {
    ~Guard() { sink = sink + 1; }
};

__attribute__((noinline)) static void thrower(int n)
{
    Guard guard;
    if (n == 0)
        throw std::runtime_error("thrown on purpose");
    thrower(n - 1);
    sink = sink + n;
}

__attribute__((noinline)) static void passes_on(int n)
{
    try {
        thrower(n);
    } catch (const std::logic_error &) {
        sink = 7;
    }
}

struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
};

struct Square : Shape {
    int side = 4;
    int area() const override { return side * side + sink; }
};

int main()
{
    __asm__ volatile("int3");
    try {
        passes_on(3);
    } catch (const std::exception &caught) {
        sink = sink + caught.what()[0];
    }
    std::vector<int> numbers{5, 3, 8, 1};
    std::sort(numbers.begin(), numbers.end(), std::function<bool(int, int)>([](int a, int b) { return a > b; }));
    std::map<std::string, std::unique_ptr<Shape>> shapes;
    shapes["a long name that is not kept in place"] = std::make_unique<Square>();
    std::ostringstream text;
    for (const auto &[name, shape] : shapes)
        text << name << ' ' << shape->area() << ' ' << 2.5 << '\n';
    std::cout << text.str() << std::flush;
    try {
        numbers.at(17) = 1;
    } catch (...) {
        sink = sink + 1;
    }
    __asm__ volatile("int3");
    return 0;
}
