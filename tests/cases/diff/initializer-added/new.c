// SPDX-License-Identifier: Apache-2.0
int x; int get(void) { return x; }
__attribute__((constructor)) static void begin(void) { x = 3; }
