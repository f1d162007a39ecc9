// SPDX-License-Identifier: Apache-2.0
__attribute__((section("strange"))) int v = 3;
int f(int x) { return v + x; }
