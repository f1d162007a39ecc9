// SPDX-License-Identifier: Apache-2.0
extern void warn(const char *what, int code) __attribute__((cold));
extern int outside(int);
int guarded(int x)
{
    int r = outside(x);
    if (r < 0) {
        warn("negative", x + 1);
        r = outside(x + 2);
    }
    return outside(r) * 3 + x;
}
