// SPDX-License-Identifier: Apache-2.0
// What the units of cxx.cc share: types that cross the border between old and new code, and code that each unit has a copy of.
#ifndef CXX_H
#define CXX_H

#include "target.h"

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <typeinfo>

/* Lives are counted: at rest as many have ended as have begun. */
struct Counted {
    static std::atomic<long> born, dead;
    int tag;
    explicit Counted(int tag) : tag(tag) { born++; }
    Counted(const Counted &other) : tag(other.tag) { born++; }
    ~Counted() { dead++; }
};

/* Thrown by old code and caught by new code, and the other way round. */
struct Trouble {
    int code;
    Counted life;
    explicit Trouble(int code) : code(code), life(code) {}
};

struct Shape {
    virtual ~Shape() {}
    virtual int corners() const = 0;
};

struct Triangle : Shape {
    int corners() const override;
};

struct Square : Shape {
    int side = 4;
    int corners() const override;
};

/* Of the copies of these the program has one, and one of each static variable. */
inline int shared_count(int add)
{
    static std::atomic<int> count;
    return count += add;
}

inline __attribute__((noinline)) int inline_version(int x)
{
    shared_count(1);
    if (x < 0)
        throw Trouble(x);
    return VERSION;
}

template <class T> __attribute__((noinline)) T template_version(T x)
{
    static std::atomic<T> calls;
    T before = calls++;
    Counted here(1);
    if (x < 0)
        throw Trouble((int)x);
    return before >= 0 ? (T)VERSION : (T)-1;
}

/* cxx-other.cc, none of which changes but the copies above. */
void raise_trouble(int code);
int catch_trouble(int (*body)(int), int argument);
int catch_standard(int (*body)(int), std::string &what);
bool is_square(const Shape &shape);
bool is_same_type(const std::type_info &type);
Shape *make_shape(bool square);
int other_inline(int x);
long other_template(long x);
int frames_seen(void);

#endif
