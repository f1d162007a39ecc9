/* SPDX-License-Identifier: Apache-2.0 */
/* One name in two versions, and nothing else. For versioned-library.c; to be linked with named-library.map. */
int named_first(void);
int named_second(void);

int named_first(void)
{
    return 1;
}

int named_second(void)
{
    return 2;
}

__asm__(".symver named_first, named@V1");
__asm__(".symver named_second, named@@V2");
