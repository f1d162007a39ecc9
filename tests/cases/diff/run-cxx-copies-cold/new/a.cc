// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern void warn(int);
inline __attribute__((noinline)) int guarded(int x)
{
    int r = outside(x);
    if (r < 0) {
        warn(x + 1);
        r = outside(x + 2) + 7;
    }
    return outside(r * 3) * 5 + x;
}
int first(int x) { return guarded(x) + 1; }
