// SPDX-License-Identifier: Apache-2.0
int v __attribute__((aligned(64))) = 1;
int get(void) { return v; }
