// SPDX-License-Identifier: Apache-2.0
extern int f0(int), f1(int), f2(int), f3(int), f4(int), f5(int);
int choose(int k, int x)
{
    switch (k) {
    case 0: return f0(x) + 1;
    case 1: return f1(x) + 2;
    case 2: return f2(x) + 3;
    case 3: return f3(x) + 4;
    case 4: return f4(x) + 5;
    case 5: return f5(x) + 6;
    }
    return -1;
}
