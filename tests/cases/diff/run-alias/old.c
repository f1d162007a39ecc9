// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int body(int x) { return outside(x) + 3; }
extern int second(int x) __attribute__((alias("body")));
int use(int x) { return body(x) * 10 + second(x + 1); }
