// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((visibility("hidden"))) int inner(int x) { return outside(x) - 5; }
