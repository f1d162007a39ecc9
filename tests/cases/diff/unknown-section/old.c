// SPDX-License-Identifier: Apache-2.0
int f(int x) { return x; }
static const char note[] __attribute__((section("strange"), used)) = "a";
