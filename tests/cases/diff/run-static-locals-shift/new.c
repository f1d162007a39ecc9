// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int before(int x) { static int count = 70; count += x; int is = count; count -= x; return is; }
int use(int x) { static int count = 5; count += x; int is = count + outside(x) + before(x); count -= x; return is; }
