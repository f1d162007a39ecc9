// SPDX-License-Identifier: Apache-2.0
static char page[100] __attribute__((aligned(8192)));
int get(int i) { return page[i]++; }
