// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int run(const unsigned char *p)
{
    static const void *const labels[] = { &&stop, &&add, &&sub };
    int r = 0;
    goto *labels[*p++];
add: r += outside(r + 1); goto *labels[*p++];
sub: r -= outside(r); goto *labels[*p++];
stop: return r;
}
