// SPDX-License-Identifier: Apache-2.0
const int limit = 5;
const int *get(void) { return &limit; }
