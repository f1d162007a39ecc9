// SPDX-License-Identifier: Apache-2.0
/*
 * C++ whose exceptions, objects and types cross the border between old and new code, again and again in four threads.
 * with: cxx-other.cc
 * For: exception tables, COMDAT groups, type information, guards, thread-local variables. Every function that a patch replaces
 * gives VERSION; `report` tells by which versions each kind of step was made, how many went wrong, and whether lives add up.
 */
#include "cxx.h"

#include <memory>
#include <vector>

namespace {

enum { KINDS = 12, THREADS = 4 };
const char *const names[KINDS] = {
    "through", "catches", "throws", "rethrows", "casts", "virtual", "inline", "template", "thread-local", "new-type", "nested", "frames",
};
std::atomic<long> made[KINDS][3];
std::atomic<long> wrong[KINDS];
std::atomic<int> guards, hook_value;
pthread_rwlock_t gate = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
thread_local int thread_steps = 1;
thread_local std::string thread_text = "text";

} // namespace

/* An exception of old code goes through this frame, whose object must die. */
REPLACEABLE int through(int code)
{
    Counted here(VERSION);
    hook_value = here.tag;
    raise_trouble(code + VERSION);
    return -1;
}

/* New code catches what old code throws, by the type of the process. */
REPLACEABLE int catches(int code)
{
    Counted here(code);
    try {
        raise_trouble(code);
    } catch (const std::exception &) {
        return -1;
    } catch (const Trouble &trouble) {
        return trouble.code == code && is_same_type(typeid(trouble)) ? VERSION : -1;
    }
    return -1;
}

REPLACEABLE int throws(int code)
{
    Counted here(code);
    if (code < 1000000)
        throw Trouble(code + VERSION);
    return -1;
}

REPLACEABLE int rethrows(int code)
{
    std::string text(40, 'x');
    try {
        raise_trouble(code);
    } catch (Trouble &trouble) {
        trouble.code += VERSION + (int)text.size() - 40;
        throw;
    }
    return -1;
}

REPLACEABLE int casts(int)
{
    std::unique_ptr<Shape> square(make_shape(true)), triangle(make_shape(false));
    Square *seen = dynamic_cast<Square *>(square.get());
    bool right = seen != nullptr && seen->side == 4 && dynamic_cast<Square *>(triangle.get()) == nullptr;
    Square own;
    return right && is_square(own) && typeid(own) == typeid(*square) ? VERSION : -1;
}

REPLACEABLE int Square::corners() const
{
    return side * VERSION;
}

REPLACEABLE int count_step(int)
{
    thread_text = "other";
    return ++thread_steps * 10 + VERSION + (thread_text.size() == 5 ? 0 : 1);
}

#if VERSION >= 2
/* A class that only new code has: its table and type come with the patch. */
struct Newcomer : std::runtime_error {
    Counted life;
    Newcomer() : std::runtime_error("newcomer"), life(2) {}
    const char *what() const noexcept override { return "2"; }
};
#endif

REPLACEABLE int new_type(int code)
{
    Counted here(code);
#if VERSION >= 2
    if (code == 0)
        throw Newcomer();
#else
    if (code == 0)
        throw std::runtime_error("1");
#endif
    return -1;
}

/* Exceptions within exceptions: a destructor that throws and catches while another exception goes by. */
struct Careful {
    int *seen;
    ~Careful()
    {
        try {
            raise_trouble(7);
        } catch (const Trouble &trouble) {
            *seen = trouble.code;
        }
    }
};

REPLACEABLE int nested(int code)
{
    int seen = 0;
    try {
        Careful careful{&seen};
        throws(code);
    } catch (const Trouble &) {
        return seen == 7 ? VERSION : -1;
    }
    return -1;
}

REPLACEABLE int frames(int)
{
    return frames_seen() * 10 + VERSION;
}

/* A static variable with a constructor is made once, whoever comes first. */
REPLACEABLE int guarded(void)
{
    static const int first = ++guards;
    return first * 10 + VERSION;
}

/* An exception must not leave this. */
REPLACEABLE int closed(int code) noexcept
{
    hook_value = VERSION;
    raise_trouble(code);
    return 0;
}

namespace {

void note(int kind, int version, bool right = true)
{
    if (right && (version == 1 || version == 2))
        made[kind][version]++;
    else
        wrong[kind]++;
}

void *work(void *)
{
    int depth = 0;
    for (int i = 1;; i++) {
        int code = i % 1000 * 10;
        pthread_rwlock_rdlock(&gate);
        note(0, catch_trouble(through, code) - code);
        note(1, catches(code));
        note(2, catch_trouble(throws, code) - code);
        note(3, catch_trouble(rethrows, code) - code);
        note(4, casts(0));
        std::unique_ptr<Shape> square(make_shape(true));
        note(5, square->corners() / 4);
        int own = inline_version(1), other = other_inline(1) - 100;
        note(6, other, own <= other);
        note(7, (int)other_template(i) - 100, template_version(i) > 0 && catch_trouble(template_version<int>, -5) == -5);
        int steps = count_step(0);
        note(8, steps % 10, steps / 10 == i + 1);
        std::string what;
        catch_standard(new_type, what);
        note(9, what == "1" ? 1 : what == "2" ? 2 : 0);
        note(10, nested(code));
        int seen = frames(0);
        if (depth == 0)
            depth = seen / 10;
        note(11, seen % 10, seen / 10 == depth && depth > 3);
        square.reset();
        pthread_rwlock_unlock(&gate);
        struct timespec pause = {0, 200000};
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* At rest: no step is under way. */
void report()
{
    pthread_rwlock_wrlock(&gate);
    for (int kind = 0; kind < KINDS; kind++)
        printf("%s %ld %ld %ld ", names[kind], made[kind][1].exchange(0), made[kind][2].exchange(0), wrong[kind].load());
    printf("alive %ld\n", Counted::born - Counted::dead);
    fflush(stdout);
    pthread_rwlock_unlock(&gate);
}

void terminated()
{
    printf("terminated %d\n", hook_value.load());
    fflush(stdout);
    _exit(7);
}

} // namespace

int main()
{
    std::set_terminate(terminated);
    for (int i = 0; i < THREADS; i++)
        start_thread(work, NULL);
    ready();
    for (;;) {
        char line[64];
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0)
            report();
        if (strcmp(line, "guard") == 0) {
            int first = guarded();
            printf("guard %d made %d\n", first, guards.load());
            fflush(stdout);
        }
        if (strcmp(line, "close") == 0)
            closed(1);
    }
}
