// SPDX-License-Identifier: Apache-2.0
extern void fail(const char *what, int code) __attribute__((cold, noreturn));
extern int outside(int);
int guarded(int x)
{
    if (__builtin_expect(x < 0, 0)) {
        outside(x + 1);
        fail("negative", x);
    }
    return outside(x) * 7;
}
