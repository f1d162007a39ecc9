// SPDX-License-Identifier: Apache-2.0
__attribute__((noinline)) int foo(int x) { return x > 3 ? foo(x - 1) + foo(x - 2) * x : x + 5; }
int bar(int x) __attribute__((alias("foo")));
int use(int x) { return foo(x) + bar(x + 1) + 1; }
