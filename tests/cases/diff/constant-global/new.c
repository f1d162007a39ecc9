// SPDX-License-Identifier: Apache-2.0
const int limits[2] = { 1, 3 };
int get(int i) { return limits[i]; }
