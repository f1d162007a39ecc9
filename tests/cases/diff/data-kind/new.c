// SPDX-License-Identifier: Apache-2.0
int limit = 5;
const int *get(void) { return &limit; }
