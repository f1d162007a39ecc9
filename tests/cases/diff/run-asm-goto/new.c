// SPDX-License-Identifier: Apache-2.0
int use(int x)
{
    __asm__ goto("test %0, %0; jz %l1" : : "r"(x & 1) : "cc" : even);
    return x * 7;
even:
    return x + 100;
}
