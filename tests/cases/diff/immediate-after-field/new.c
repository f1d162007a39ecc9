// SPDX-License-Identifier: Apache-2.0
static int flag; static char bytes[8]; static long wide;
int set(int x) { flag = 54321; bytes[3] = 9; wide = -3; return x + 1; }
int get(void) { return flag + bytes[3] + (int)wide; }
