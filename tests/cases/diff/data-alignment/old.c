// SPDX-License-Identifier: Apache-2.0
int v = 1;
int get(void) { return v; }
