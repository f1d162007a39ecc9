// SPDX-License-Identifier: Apache-2.0
// The old side of cxx.cc: it throws, catches and casts, and never changes.
#include "cxx.h"

#include <execinfo.h>

std::atomic<long> Counted::born, Counted::dead;

int Triangle::corners() const
{
    return 3;
}

__attribute__((noinline)) void raise_trouble(int code)
{
    Counted here(code);
    throw Trouble(code);
}

__attribute__((noinline)) int catch_trouble(int (*body)(int), int argument)
{
    try {
        return body(argument);
    } catch (const Trouble &trouble) {
        return trouble.code;
    }
}

__attribute__((noinline)) int catch_standard(int (*body)(int), std::string &what)
{
    try {
        return body(0);
    } catch (const std::exception &standard) {
        what = standard.what();
        return 0;
    }
}

bool is_square(const Shape &shape)
{
    return dynamic_cast<const Square *>(&shape) != nullptr;
}

bool is_same_type(const std::type_info &type)
{
    return &type == &typeid(Trouble);
}

Shape *make_shape(bool square)
{
    if (square)
        return new Square;
    return new Triangle;
}

int other_inline(int x)
{
    return inline_version(x) + 100;
}

long other_template(long x)
{
    return template_version(x) + 100;
}

__attribute__((noinline)) int frames_seen(void)
{
    void *frames[64];
    return backtrace(frames, 64);
}
