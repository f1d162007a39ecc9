// SPDX-License-Identifier: Apache-2.0
int f(int x) { return x + 1; }
int g(int) __attribute__((alias("f")));
