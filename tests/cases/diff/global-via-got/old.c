// SPDX-License-Identifier: Apache-2.0
extern int outside_value;
int f(int x) { return outside_value + x; }
