// SPDX-License-Identifier: Apache-2.0
int spare[4];
int get(int i) { return i * 9; }
