// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static __thread int mine __attribute__((tls_model("initial-exec"))) = 6;
int use(int x) { mine ^= x; int is = outside(mine) + 1; mine ^= x; return is; }
