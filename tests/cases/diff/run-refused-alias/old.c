// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int body(int x) { return outside(x) + 3; }
int use(int x) { return body(x); }
