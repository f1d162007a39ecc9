// SPDX-License-Identifier: Apache-2.0
extern __attribute__((visibility("hidden"))) int inner(int);
int use(int x) { return inner(x) * 2; }
