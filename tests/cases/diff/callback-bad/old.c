// SPDX-License-Identifier: Apache-2.0
int level = 3;
int get(int i) { return level + i; }
