// SPDX-License-Identifier: Apache-2.0
int total = 3;
int get(int i) { return total + i; }
