// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static _Alignas(1024) char place[2048];
int use(int x) { return outside(x) + (int)((unsigned long)(place + (x & 0)) & 1023) + 7; }
