// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int work(int x) { return outside(x) + 2; }
static int serve(int x) { return work(x) + outside(x + 3) * 2; }
int (*server)(int) = serve;
