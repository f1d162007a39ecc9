/* SPDX-License-Identifier: Apache-2.0 */
/* What lookup-library.c calls: an indirect function and a plain one. With OTHER another library of the same names. */
#ifdef OTHER
int provided(int x)
{
    return x * 3;
}

int extra(int x)
{
    return x + 7;
}
#else
static int twice(int x)
{
    return x * 2;
}

static int (*choose(void))(int)
{
    return twice;
}

int provided(int x) __attribute__((ifunc("choose")));

int extra(int x)
{
    return x + 5;
}
#endif
